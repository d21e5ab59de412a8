/**
 * Mails to people: the outbox, the one layout, and what is known of addresses (schema `mail`).
 *
 * A mail is a row in the transaction of its cause: it leaves if and only if that commits. The row holds a kind and ids; text
 * and token are made when the mail leaves and stored nowhere. The company takes a mail once, under its row's id. An address
 * that bounced or complained is flagged until the person proves one anew.
 *
 *     const mail = createMail({ db, clock, hub, logger, metrics, company, ... });
 *     mail.define({ kind: "identity.verify", compose: (tx, ref, letter) => ... });   // each module its own, at boot
 *     mail.send(tx, { kind: "identity.verify", to, ref: { registration_id } });
 *     createInbox({ ..., handlers: [mail.handler] });
 *     mailJobs(loops, mail);                    // role worker
 */
export { createMail, type Mail } from "./mail.ts";
export { mailConfig } from "./config.ts";
export type { MailDeps } from "./deps.ts";
export type { Block, Composed, Letter, MailKind, NewMail, Ref } from "./letter.ts";
export type { AddressState } from "./address-store.ts";
