import { withSystemTx, type Tx } from "../../platform/db/index.ts";
import { newId } from "../../platform/ids.ts";
import { assert } from "../../platform/problem.ts";
import { knownState, prove } from "./address.ts";
import { findAddressState, type AddressState } from "./address-store.ts";
import { deliverMails } from "./deliver.ts";
import type { MailDeps } from "./deps.ts";
import { mailHandler } from "./handler.ts";
import type { MailId, MailKind, NewMail, Ref } from "./letter.ts";
import { purgeMails } from "./purge.ts";
import { createSignals } from "./signals.ts";
import { countWaiting, insertMail } from "./store.ts";

/** Tells workers, here and in other processes, that a mail waits. */
export const WAITING_TOPIC = "mail.waiting";

/** The mails of this process: every action, its dependencies at hand. */
export type Mail = {
  readonly deps: MailDeps;
  /** Says how mails of a kind are written. At boot, in every process; a kind has one definition. */
  define<R extends Ref>(kind: MailKind<R>): void;
  /** Puts a mail into the outbox with the caller's transaction, of any sort. It leaves once that has committed. */
  send(tx: Tx, mail: NewMail): Promise<MailId>;
  /** Whether mail to an address came back or was called spam. A flagged one is asked for anew at the next sign-in. */
  addressState(tx: Tx, address: string): Promise<AddressState>;
  /** The same from the cache, for pages. */
  knownState(address: string): Promise<AddressState>;
  /** The person has shown that mail arrives there: the flag falls, and what was told of the time before counts no more. */
  addressProven(tx: Tx, address: string): Promise<void>;
  /** Hands over what is due until nothing is, or `stopping`. */
  deliver(stopping: AbortSignal): Promise<void>;
  /** What the company tells afterwards, for the inbox of events. */
  readonly handler: ReturnType<typeof mailHandler>;
  waiting(): Promise<{ waiting: number; oldest_seconds: number }>;
  /** Deletes what ended 30 days ago. */
  purge(): Promise<void>;
};

export function createMail(deps: MailDeps): Mail {
  const { clock, db, hub } = deps;
  const kinds = new Map<string, MailKind>();
  const signals = createSignals(deps);
  return {
    deps,
    define<R extends Ref>(kind: MailKind<R>) {
      assert(!kinds.has(kind.kind), `mail ${kind.kind} has one definition`);
      kinds.set(kind.kind, kind as unknown as MailKind);
    },
    async send(tx, { kind, to, ref = {}, orgId = tx.org }) {
      assert(kinds.has(kind), `mail ${kind} is defined`);
      const id = newId("mail");
      await insertMail(tx, { id, kind, address: to.toLowerCase(), orgId, ref, at: clock.now() });
      tx.afterCommit(() => hub.publish(WAITING_TOPIC, null));
      return id;
    },
    addressState: (tx, address) => findAddressState(tx, address.toLowerCase()),
    knownState: (address) => knownState(deps, address.toLowerCase()),
    addressProven: (tx, address) => prove(tx, deps, address.toLowerCase()),
    deliver: (stopping) => deliverMails({ deps, kinds, signals }, stopping),
    handler: mailHandler(signals, deps),
    waiting: () => withSystemTx(db, (tx) => countWaiting(tx, clock.now())),
    purge: () => purgeMails(deps),
  };
}
