import { z } from "zod";
import { idParam, instant, listAnswer, listQuery, sealCursor, text } from "../../../platform/http/index.ts";
import { email } from "../schemas.ts";
import { type Person, STATUSES } from "./person.ts";
import type { PersonDetail } from "./read.ts";

const status = z.enum(STATUSES).meta({
  description: "invited: nothing to sign in with yet; leaving: asked to be forgotten",
});
export const peopleQuery = z.strictObject({
  ...listQuery,
  search: z.string().min(1).max(100).optional().meta({ description: "Part of address or name; an id" }),
  status: status.optional(),
});
export const personParams = z.object({ id: idParam("usr") });
export const inviteInput = z.strictObject({ email, full_name: text(100) });
const reason = text(500);
export const statusInput = z.strictObject({ active: z.boolean(), reason });
export const operatorInput = z.strictObject({ admin: z.boolean() });
export const viewInput = z.strictObject({ reason });

const personFields = {
  id: z.string(),
  email: z.string(),
  full_name: z.string(),
  operator: z.boolean(),
  status,
  disabled_reason: z.string().nullable(),
  mfa: z.array(z.enum(["totp", "passkey"])),
  created_at: instant,
  last_seen_at: instant.nullable().meta({ description: "Of the last 30 days" }),
};
const personAnswer = z.object(personFields).meta({ id: "Person" });
export const peopleAnswer = listAnswer(personAnswer);
export const detailAnswer = z
  .object({
    ...personFields,
    organizations: z.array(
      z.object({ id: z.string(), name: z.string(), role: z.string(), suspended: z.boolean() }),
    ),
    mfa_reset_at: instant
      .nullable()
      .meta({ description: "When the second factors are taken away, unless the person says no" }),
  })
  .meta({ id: "PersonDetail" });
export const resetAnswer = z.object({ execute_at: instant }).meta({ id: "MfaReset" });

const presentPerson = (person: Person): z.output<typeof personAnswer> => ({
  id: person.id,
  email: person.email,
  full_name: person.fullName,
  operator: person.operator,
  status: person.status,
  disabled_reason: person.disabledReason,
  mfa: [...person.factors],
  created_at: person.createdAt,
  last_seen_at: person.lastSeenAt,
});

/** `people` hold one more than the page when there is a next one. */
export function presentPeople(people: Person[], limit: number): z.output<typeof peopleAnswer> {
  const page = people.slice(0, limit);
  const last = people.length > limit ? page.at(-1) : undefined;
  return {
    data: page.map(presentPerson),
    has_more: last !== undefined,
    next_cursor: last ? sealCursor(last.createdAt, last.id) : null,
  };
}

export const presentDetail = (detail: PersonDetail): z.output<typeof detailAnswer> => ({
  ...presentPerson(detail),
  organizations: detail.memberships.map(({ id, name, role, suspended }) => ({ id, name, role, suspended })),
  mfa_reset_at: detail.reset?.executeAt ?? null,
});
