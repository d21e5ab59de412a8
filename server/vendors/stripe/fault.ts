import Stripe from "stripe";

export type StripeFaultKind =
  /** Answered with a definite no; `code` is Stripe's. */
  | "refused"
  | "not_found"
  /** No answer, 5xx, 429 or 409: the outcome may be unknown. Worth asking again later. */
  | "unavailable";

/** What can go wrong with a call. The SDK's error is its cause: logged, never sent on. */
export class StripeFault extends Error {
  readonly kind: StripeFaultKind;
  readonly code: string;
  /** Stripe answered with a 5xx. Under an idempotency key it answers the same for a day. */
  readonly answered5xx: boolean;

  constructor(kind: StripeFaultKind, code: string, cause: unknown, answered5xx = false) {
    super(`stripe ${kind}: ${code}`, { cause });
    this.name = "StripeFault";
    this.kind = kind;
    this.code = code;
    this.answered5xx = answered5xx;
  }
}

/** Sorts the SDK's errors into the three kinds; anything that is not one of them stays what it is. */
export function toFault(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const status = error.statusCode ?? 0;
  const code = error.code ?? error.rawType ?? error.type;
  if (status === 404) return new StripeFault("not_found", code, error);
  if (status >= 500) return new StripeFault("unavailable", code, error, true);
  if (status === 0 || status === 429 || status === 409) return new StripeFault("unavailable", code, error);
  // A success whose body could not be read: the work may have been done.
  if (status < 400) return new StripeFault("unavailable", "unreadable_answer", error);
  return new StripeFault("refused", code, error);
}
