import Stripe from "stripe";
import { CompanyFault, type FaultKind } from "../../platform/calls/index.ts";

/**
 * What can go wrong with a call; `code` is Stripe's, the SDK's error the cause. A 5xx that was answered under an idempotency
 * key is answered again for a day. 429 and 409 are `unavailable`.
 */
export class StripeFault extends CompanyFault {
  /** Stripe answered 429 or 409: it is there, and asks to be asked later. */
  readonly isBusy: boolean;

  constructor(kind: FaultKind, code: string, cause: unknown, answered5xx = false, isBusy = false) {
    super("stripe", kind, code, cause, answered5xx);
    this.name = "StripeFault";
    this.isBusy = isBusy;
  }
}

/** Sorts the SDK's errors into the three kinds; anything that is not one of them stays what it is. */
export function toFault(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const status = error.statusCode ?? 0;
  const code = error.code ?? error.rawType ?? error.type;
  if (status === 404) return new StripeFault("not_found", code, error);
  if (status >= 500) return new StripeFault("unavailable", code, error, true);
  if (status === 429 || status === 409) return new StripeFault("unavailable", code, error, false, true);
  if (status === 0) return new StripeFault("unavailable", code, error);
  // A success whose body could not be read: the work may have been done.
  if (status < 400) return new StripeFault("unavailable", "unreadable_answer", error);
  return new StripeFault("refused", code, error);
}
