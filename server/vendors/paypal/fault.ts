import { CompanyFault, type FaultKind } from "../../platform/calls/index.ts";

/** What can go wrong with a call to PayPal; `code` is the issue that it names, else its error's name. */
export class PaypalFault extends CompanyFault {
  constructor(kind: FaultKind, code: string, cause: unknown, answered5xx = false) {
    super("paypal", kind, code, cause, answered5xx);
    this.name = "PaypalFault";
  }
}

const CODE = /^[A-Za-z0-9_.-]{1,80}$/;

/** Sorts an answer that is not a success. */
export function faultOf(status: number, body: unknown): PaypalFault {
  const code = codeOf(body) ?? `status_${status}`;
  const cause = new Error(`PayPal answered ${status}`);
  if (status === 404) return new PaypalFault("not_found", code, cause);
  if (status >= 500) return new PaypalFault("unavailable", code, cause, true);
  // 401: the token was refused twice, which is a matter of ours, never of this call's object.
  const isRefusal = status >= 400 && status !== 401 && status !== 408 && status !== 409 && status !== 429;
  return new PaypalFault(isRefusal ? "refused" : "unavailable", code, cause);
}

/** `details[0].issue`, else `name`, else the token endpoint's `error`. */
function codeOf(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return null;
  const { details, name, error } = body as { details?: unknown; name?: unknown; error?: unknown };
  const issue = Array.isArray(details) ? (details[0] as { issue?: unknown } | undefined)?.issue : undefined;
  const code = [issue, name, error].find((value) => typeof value === "string" && CODE.test(value));
  return (code as string | undefined) ?? null;
}
