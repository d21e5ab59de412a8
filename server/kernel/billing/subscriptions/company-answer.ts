import { CompanyFault } from "../../../platform/calls/index.ts";
import { Problem } from "../../../platform/problem.ts";
import { NO_TAX_ADDRESS } from "../../../vendors/stripe/index.ts";
import { billingProblems } from "../problems.ts";

/** A company's no, or its silence, as the caller's problem: 502 `provider_refused`, 503 `provider_unavailable`, 422 `tax_address_required`. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof CompanyFault)) throw error;
    if (error.kind === "unavailable")
      throw new Problem(billingProblems.provider_unavailable, { cause: error, retryAfter: 5 });
    if (error.code === NO_TAX_ADDRESS)
      throw new Problem(billingProblems.tax_address_required, { cause: error });
    throw new Problem(billingProblems.provider_refused, { cause: error, extra: { reason: error.code } });
  }
}
