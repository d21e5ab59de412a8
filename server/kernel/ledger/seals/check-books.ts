import { addMs, type Clock } from "../../../platform/clock.ts";
import { withOperatorTx, withSystemTx, type Db } from "../../../platform/db/index.ts";
import type { Logger } from "../../../platform/telemetry/index.ts";
import { findOperators } from "../../identity/index.ts";
import type { Mail } from "../../mail/index.ts";
import { CHECK_MAIL } from "../adjustments/mails.ts";
import { verify } from "../checks/verify.ts";
import {
  findLastCheck,
  findLastSeal,
  insertCheck,
  sumSuspense,
  type Check,
  type CheckFault,
} from "./store.ts";
import { DAY_MS, midnightOf } from "./seal-books.ts";
import { verifySeals } from "./verify-seals.ts";

/** 02:00 UTC: after the seal. */
const CHECKED_AFTER_MS = 2 * 3_600_000;
/** A seal that is due and not made for longer is a fault. */
const SEAL_LATE_MS = 2 * DAY_MS;

type Deps = { db: Db; clock: Clock; logger: Logger; mail: Pick<Mail, "send"> };

/**
 * Once a night: every invariant over every book, the chain of seals from its first, and nothing in suspense. What it finds
 * is kept, told to the log and shown to operators. Null when tonight's was done.
 */
export async function checkBooks({ db, clock, logger, mail }: Deps): Promise<Check | null> {
  const now = clock.now();
  const day = midnightOf(addMs(now, -CHECKED_AFTER_MS)).toISOString().slice(0, 10);
  const last = await withOperatorTx(db, (tx) => findLastCheck(tx));
  if (last && last.day >= day) return null;
  const faults = [
    ...(await invariantFaults(db)),
    ...(await sealFaults(db, now)),
    ...(await suspenseFaults(db)),
  ];
  const check = { day, checkedAt: now, ok: faults.length === 0, faults };
  if (!(await withOperatorTx(db, (tx) => insertCheck(tx, check)))) return null;
  if (check.ok) return check;
  logger.error({ day, faults }, "ledger check failed");
  await withSystemTx(db, async (tx) => {
    for (const { email } of await findOperators(tx))
      await mail.send(tx, { kind: CHECK_MAIL, to: email, ref: { day } });
  });
  return check;
}

async function invariantFaults(db: Db): Promise<CheckFault[]> {
  const { invariants } = await withOperatorTx(db, (tx) => verify(tx, null));
  return invariants
    .filter(({ faultCount }) => faultCount > 0)
    .map(({ name, statement, faultCount, faults }) => ({
      name,
      statement,
      count: faultCount,
      examples: faults,
    }));
}

async function sealFaults(db: Db, now: Date): Promise<CheckFault[]> {
  const { firstBroken, seals } = await verifySeals(db, { from: null, to: null });
  const fault = (count: number, example: string): CheckFault => ({
    name: "seals",
    statement: "Each seal follows from the books and from the seal before it.",
    count,
    examples: [example],
  });
  if (firstBroken) {
    const { seal, orgId, transactionId, position, detail } = firstBroken;
    const place = [orgId, transactionId, position].filter((part) => part !== null).join("/");
    return [fault(1, `seal ${seal}${place && ` ${place}`}: ${detail}`)];
  }
  if (seals === 0n) return [];
  const last = await withOperatorTx(db, (tx) => findLastSeal(tx));
  return last && now.getTime() - last.sealedBefore.getTime() > SEAL_LATE_MS
    ? [fault(1, `nothing was sealed since ${last.sealedBefore.toISOString()}`)]
    : [];
}

async function suspenseFaults(db: Db): Promise<CheckFault[]> {
  const rows = await withOperatorTx(db, (tx) => sumSuspense(tx));
  if (rows.length === 0) return [];
  const examples = rows.map(({ mode, unit, amount }) => `${mode}/${unit}: ${amount}`);
  return [{ name: "suspense", statement: "Nothing stands in suspense.", count: rows.length, examples }];
}
