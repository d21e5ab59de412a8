export type MailFaultKind =
  /** The company will never take this mail as it is. */
  | "refused"
  /** No answer, a failure or a limit of the company, or an account that must be put right: worth trying again. */
  | "unavailable";

/** Why a mail was not taken. The company's own words are its cause: logged, never sent on. */
export class MailFault extends Error {
  readonly kind: MailFaultKind;
  readonly code: string;
  /** How long the company asked us to wait, if it did. */
  readonly retryAfterMs: number | null;

  constructor(kind: MailFaultKind, code: string, options: { cause?: unknown; retryAfterMs?: number | null }) {
    super(`mail ${kind}: ${code}`, { cause: options.cause });
    this.name = "MailFault";
    this.kind = kind;
    this.code = code;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** What is wrong with the mail itself; all else may pass by itself or be put right by the operator. */
const REFUSALS = new Set([400, 413, 422]);
const LONGEST_WAIT_MS = 3_600_000;

/** Sorts an error of the SDK into the two kinds. */
export function toFault(
  error: { name: string; statusCode: number | null; message: string },
  headers: Readonly<Record<string, string>> | null,
): MailFault {
  const kind = REFUSALS.has(error.statusCode ?? 0) ? "refused" : "unavailable";
  const seconds = Number(headers?.["retry-after"] ?? Number.NaN);
  const retryAfterMs = seconds > 0 ? Math.min(seconds * 1000, LONGEST_WAIT_MS) : null;
  return new MailFault(kind, error.statusCode === null ? "no_answer" : error.name, {
    cause: new Error(error.message),
    retryAfterMs,
  });
}
