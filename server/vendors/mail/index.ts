/**
 * The mail company (Resend), and the only importer of its SDK. Owns the call that sends one mail under an idempotency key,
 * the signature of its webhooks (`verify.ts`) and the translation of its events into small facts: no type of the SDK passes
 * this door. Reached at another base URL, the same code speaks to the local sandbox.
 */
export { createMailCompany, type MailCompany, type OutgoingMail } from "./resend.ts";
export { MailFault, type MailFaultKind } from "./fault.ts";
export {
  readMailEnvelope,
  readMailEvent,
  type MailEnvelope,
  type MailEvent,
  type MailFate,
} from "./event.ts";
