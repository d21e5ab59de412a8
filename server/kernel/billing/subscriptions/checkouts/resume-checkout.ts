import { CompanyFault } from "../../../../platform/calls/index.ts";
import { Problem } from "../../../../platform/problem.ts";
import type { BillingDeps } from "../../deps.ts";
import { companyOf } from "../company-of.ts";
import { refreshCheckout } from "../refresh.ts";
import { ABSENT_MS, adoptCheckout, change, keyCounts, startCheckout } from "./start-checkout.ts";
import { adoptDirect, startDirect } from "./start-direct.ts";
import type { SubscriptionRow } from "../subscription.ts";

/**
 * Carries on one that was cut off before its checkout was known: the same call with the same key, while the company still
 * knows it; later its list is searched for our id: found → adopted; absent twice, 10 minutes apart → a new key. Where there
 * is no list, what nobody was led to moves nothing, and a new key comes at once.
 */
export async function resumeCheckout(deps: BillingDeps, row: SubscriptionRow): Promise<void> {
  const now = deps.clock.now();
  const isDirect = row.method_id !== null;
  if (keyCounts(deps, row)) {
    try {
      await (isDirect ? startDirect(deps, row) : startCheckout(deps, row));
      return;
    } catch (error) {
      const fault = error instanceof Problem ? error.cause : error;
      if (!(fault instanceof CompanyFault)) throw error;
      if (!fault.answered5xx) return;
    }
  }
  if (isDirect && (await adoptDirect(deps, row))) return;
  const session = isDirect ? null : await companyOf(deps, row).findCheckout(row);
  if (session === "unsearchable")
    await change(deps, row, (known) =>
      known.status === "creating" && known.attempt === row.attempt
        ? { ...known, attempt: known.attempt + 1, as_of: now }
        : known,
    );
  else if (session) {
    await adoptCheckout(deps, row, session);
    if (session.status !== "open") await refreshCheckout(deps, { ...row, session_id: session.id });
  } else
    await change(deps, row, (known) => {
      if (known.status !== "creating" || known.attempt !== row.attempt) return known;
      if (known.absent_since === null) return { ...known, absent_since: now };
      if (now.getTime() - known.absent_since.getTime() < ABSENT_MS) return known;
      return { ...known, absent_since: null, attempt: known.attempt + 1, as_of: now };
    });
}
