/** The body of an error as Stripe sends it, below `error`. */
export type ErrorBody = {
  type: "api_error" | "card_error" | "idempotency_error" | "invalid_request_error";
  message: string;
  code?: string;
  param?: string;
  decline_code?: string;
  charge?: string;
  advice_code?: string;
  payment_intent?: unknown;
  payment_method?: unknown;
  setup_intent?: unknown;
  doc_url?: string;
};

/** An answer that is an error. `kept` errors leave what was written in the books (a declined charge does). */
export class StripeError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly kept: boolean;
  constructor(status: number, body: ErrorBody, kept = false) {
    super(body.message);
    this.status = status;
    this.kept = kept;
    this.body =
      body.code === undefined || body.type === "api_error"
        ? body
        : { ...body, doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll("_", "-")}` };
  }
}

export function invalid(message: string, param?: string, code?: string): StripeError {
  return new StripeError(400, {
    type: "invalid_request_error",
    message,
    ...(code === undefined ? {} : { code }),
    ...(param === undefined ? {} : { param }),
  });
}

/** `No such customer: 'cus_1'`: 404 when the id stands in the path, 400 when a parameter names it. */
export function missing(kind: string, id: string, param: string, status: 400 | 404): StripeError {
  return new StripeError(status, {
    type: "invalid_request_error",
    code: "resource_missing",
    message: `No such ${kind}: '${id}'`,
    param,
  });
}

export function notBuilt(what: string): StripeError {
  return new StripeError(501, {
    type: "api_error",
    code: "sandbox_not_implemented",
    message: `The sandbox does not play ${what}.`,
  });
}
