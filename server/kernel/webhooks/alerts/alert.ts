/** What operators are told of the inbox without asking: dead letters, and events that a company never delivered. */
import { addMs } from "../../../platform/clock.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import { operatorAddresses } from "../../identity/index.ts";
import type { Mail } from "../../mail/index.ts";
import type { InboxDeps } from "../deps.ts";

const MINUTE_MS = 60_000;
/** So that at most four mails about dead letters leave in an hour, and one about a silent account. */
const APART_MS = { dead_letters: 15 * MINUTE_MS, silence: 60 * MINUTE_MS };
/** An event that the company lists and has not delivered by then is missed. */
const LATE_MS = 15 * MINUTE_MS;
const LOOK_BACK_MS = 24 * 60 * MINUTE_MS;

type Deps = Pick<InboxDeps, "db" | "clock"> & { mail: Pick<Mail, "send"> };

export type Silence = { source: string; account_id: string; missed: number };

/**
 * Per account, events of the last day that it lists, over 15 minutes old, that none of its endpoints was ever brought.
 * What happened before the endpoint was there counts for nothing.
 */
export function listSilences(tx: Tx, now: Date): Promise<Silence[]> {
  return tx.query(
    "webhooks.silences",
    `select n.source, n.account_id, count(*)::int as missed
     from webhooks.events e join webhooks.endpoints n on n.id = e.endpoint_id
     where e.origin = 'backfill' and e.delivered_at is null and n.enabled and n.deleted_at is null
       and e.provider_created_at between $1 and $2 and e.provider_created_at > n.created_at
     group by n.source, n.account_id order by n.source, n.account_id`,
    [addMs(now, -LOOK_BACK_MS), addMs(now, -LATE_MS)],
  );
}

/** Mails the operators what is new since they were told last; each kind has its pace. How many alerts went out. */
export async function alertOperators({ db, clock, mail }: Deps): Promise<number> {
  const now = clock.now();
  return withSystemTx(db, async (tx) => {
    let sent = 0;
    const tell = async (kind: "dead_letters" | "silence", subject: string, ref: Record<string, string>) => {
      if (!(await mayTell(tx, kind, subject, now))) return;
      for (const to of await operatorAddresses(tx))
        await mail.send(tx, { kind: `webhooks.${kind}`, to, ref });
      sent += 1;
    };
    const [dead] = await tx.query<{ count: number }>(
      "webhooks.new_dead",
      `select count(*)::int as count from webhooks.events where state = 'dead' and finished_at >
         coalesce((select sent_at from webhooks.alerts where kind = 'dead_letters' and subject = ''), '-infinity')`,
    );
    if (dead && dead.count > 0) await tell("dead_letters", "", { count: String(dead.count) });
    for (const { source, account_id: account, missed } of await listSilences(tx, now))
      await tell("silence", `${source} ${account}`, { source, account, missed: String(missed) });
    return sent;
  });
}

/** True at most once in the kind's time; racing processes are told apart by the row. */
async function mayTell(tx: Tx, kind: keyof typeof APART_MS, subject: string, now: Date): Promise<boolean> {
  const rows = await tx.query(
    "webhooks.alert",
    `insert into webhooks.alerts as a (kind, subject, sent_at) values ($1, $2, $3)
     on conflict (kind, subject) do update set sent_at = $3 where a.sent_at <= $4 returning kind`,
    [kind, subject, now, addMs(now, -APART_MS[kind])],
  );
  return rows.length === 1;
}
