export type FaultKind =
  /** Answered with a definite no; `code` is the company's. */
  | "refused"
  | "not_found"
  /** No answer, or one that does not tell the outcome. Worth asking again later. */
  | "unavailable";

/** What can go wrong with a call to a company. The cause is logged, never sent on. */
export class CompanyFault extends Error {
  readonly company: string;
  readonly kind: FaultKind;
  readonly code: string;
  /** The company answered with a 5xx; some keep that answer under the idempotency key. */
  readonly answered5xx: boolean;

  constructor(company: string, kind: FaultKind, code: string, cause: unknown, answered5xx = false) {
    super(`${company} ${kind}: ${code}`, { cause });
    this.name = "CompanyFault";
    this.company = company;
    this.kind = kind;
    this.code = code;
    this.answered5xx = answered5xx;
  }
}
