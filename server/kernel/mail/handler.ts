import { isId, type OrgId } from "../../platform/ids.ts";
import type { Tx } from "../../platform/db/index.ts";
import { readMailEvent, type MailEvent } from "../../vendors/mail/index.ts";
import { flag } from "./address.ts";
import type { MailDeps } from "./deps.ts";
import type { Signals } from "./signals.ts";
import { noteFate } from "./store.ts";

const TYPES = [
  "email.delivered",
  "email.delivery_delayed",
  "email.bounced",
  "email.complained",
  "email.suppressed",
  "email.failed",
] as const;

type Fact = MailEvent & { mailId: string };
type Prepared = { kind: "facts"; orgId: null; facts: Fact } | { kind: "ignored"; code: string };

/**
 * Applies what the company tells of mails that it took, as the inbox of events asks of a handler (`kernel/webhooks` stands to
 * the right, so the shape is stated here). Nobody's organization: addresses belong to people.
 */
export function mailHandler(signals: Signals, deps: Pick<MailDeps, "cache">) {
  return {
    source: "resend",
    types: new Set<string>(TYPES),
    prepare: (events: readonly { body: Buffer }[]): Promise<Prepared[]> =>
      Promise.resolve(events.map(({ body }) => prepareOne(body))),
    async apply(
      tx: Tx,
      _org: OrgId | null,
      facts: readonly Fact[],
    ): Promise<{ kind: string; id: string }[][]> {
      const effects: { kind: string; id: string }[][] = [];
      for (const { mailId, fate, addresses, at } of facts) {
        const kind = await noteFate(tx, mailId, fate);
        let isNews = kind !== null;
        if (fate === "bounced" || fate === "complained")
          for (const address of addresses.toSorted())
            isNews = (await flag(tx, deps, address, fate, at)) || isNews;
        if (kind !== null) tx.afterCommit(() => signals.total.inc({ kind, outcome: fate }));
        effects.push(isNews ? [{ kind: "mail", id: mailId }] : []);
      }
      return effects;
    },
  };
}

/** An account at the company may send other mails than ours: those are nobody's business here. */
function prepareOne(body: Buffer): Prepared {
  const event = readMailEvent(body);
  if (event === null || !isId("mail", event.mailId)) return { kind: "ignored", code: "not_ours" };
  return { kind: "facts", orgId: null, facts: { ...event, mailId: event.mailId } };
}
