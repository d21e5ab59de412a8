/**
 * The audit trail: who did what to what, written in the transaction of the change itself. The server's role can add and
 * read entries, never change or remove one. Personal text stands in rows of its own and leaves only its salted commitment in
 * the entry, so that erasing a person breaks no chain.
 */
export { INSTALLATION } from "../../../platform/ids.ts";
export { forgetOrganization, forgetPerson } from "./forget-person.ts";
export { audit, type AuditEntry } from "./write.ts";
