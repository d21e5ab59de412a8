import { hmac } from "../../../../platform/crypto/index.ts";
import { withOperatorTx, withSystemTx, type Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { BillingDeps } from "../../deps.ts";
import { addMonths } from "../../plans/calendar.ts";
import { deleteMarks, insertMarks, listMarks, listOutlived, type TrialMark } from "./trial-store.ts";

/** Marks outlive the organization that they were made for by two years. */
const OUTLIVE_MONTHS = 24;

export type TrialTaker = { userId: string | null; email: string | null; payer: string | null; orgId: OrgId };

/** One address however it is written: small letters, no `+tag`, no dots where the company ignores them. */
export function normalAddress(address: string): string {
  const [local = "", domain = ""] = address.toLowerCase().split("@");
  const bare = local.split("+", 1)[0] ?? local;
  const isGoogle = domain === "gmail.com" || domain === "googlemail.com";
  return isGoogle ? `${bare.replaceAll(".", "")}@gmail.com` : `${bare}@${domain}`;
}

/** Everything by which somebody who had a trial would be known again, as keyed hashes. */
function marksOf(secrets: readonly string[], taker: TrialTaker): TrialMark[] {
  const named = [
    ["user", taker.userId],
    ["email", taker.email && normalAddress(taker.email)],
    ["payer", taker.payer],
    ["org", taker.orgId],
  ] as const;
  return secrets.flatMap((secret) =>
    named.flatMap(([kind, value]) =>
      value ? [{ kind, hash: hmac(`holdfast.trial:${secret}`, `${kind}:${value}`) }] : [],
    ),
  );
}

/** Whether anybody like this has had a trial, with another subscription than `except`. `secrets`: every one in use. */
export async function hadTrial(
  tx: Tx,
  secrets: readonly string[],
  taker: TrialTaker,
  except: string | null = null,
): Promise<boolean> {
  const found = await listMarks(tx, marksOf(secrets, taker));
  return found.some(({ subscription_id }) => subscription_id !== except);
}

/** Remembers that they have one now, under the newest secret. */
export async function markTrial(
  tx: Tx,
  secrets: readonly string[],
  taker: TrialTaker,
  subscriptionId: string,
  now: Date,
): Promise<void> {
  await insertMarks(tx, marksOf(secrets.slice(-1), taker), subscriptionId, now);
}

/** Forgets who had a trial, two years after their organization was deleted. */
export async function forgetTrials({ clock, db }: Pick<BillingDeps, "clock" | "db">): Promise<void> {
  const before = addMonths(clock.now(), -OUTLIVE_MONTHS);
  const gone = await withOperatorTx(db, (tx) => listOutlived(tx, before));
  if (gone.length > 0) await withSystemTx(db, (tx) => deleteMarks(tx, gone));
}
