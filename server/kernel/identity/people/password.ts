import { Problem, common } from "../../../platform/problem.ts";
import { isBreached } from "./breached.ts";

const MIN = 8;
const MAX = 128;

/** What a new password lacks, as one sentence; null when it will do. Counted in characters of its NFKC form. */
export function passwordFault(password: string, email: string): string | null {
  const text = password.normalize("NFKC");
  const { length } = [...text];
  if (length < MIN || length > MAX) return `must have ${MIN} to ${MAX} characters`;
  if (!/\p{Lu}/u.test(text) || !/\p{Ll}/u.test(text) || !/\p{Nd}/u.test(text))
    return "must have an upper-case letter, a lower-case letter and a digit";
  if (text.toLowerCase() === email.toLowerCase()) return "must not be the e-mail address";
  if (isBreached(text)) return "is known from breaches of other sites: choose another";
  return null;
}

/** 422 naming `/password` unless it will do. */
export function checkPassword(password: string, email: string): void {
  const detail = passwordFault(password, email);
  if (detail) throw new Problem(common.invalid_input, { errors: [{ pointer: "/password", detail }] });
}
