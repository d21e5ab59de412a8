import { z } from "zod";
import { idParam, instant } from "../../platform/http/index.ts";
import { presentSession, presentUser, sessionAnswer, userAnswer } from "../identity/index.ts";
import type { Explanation, Rule } from "./explain.ts";
import type { Me } from "./me.ts";
import { organizationAnswer, presentOrganization } from "./organizations/schemas.ts";
import { PERMISSION_NAMES, SCOPE_NAMES } from "./permissions.ts";
import { roleName } from "./role.ts";

export const switchInput = z.strictObject({ org_id: idParam("org") });

const RULES = [
  "key_paused", "key_expired", "scope_missing", "maker_left", "maker_disabled", "person_disabled", "override_denies",
  "override_grants", "role_allows", "role_denies", "service_scope", "organization_suspended",
] as const satisfies readonly Rule[]; // prettier-ignore

export const explainInput = z
  .strictObject({
    user_id: idParam("usr").optional(),
    key_id: idParam("key").optional(),
    permission: z.enum(SCOPE_NAMES),
  })
  .refine(
    (input) => (input.user_id === undefined) !== (input.key_id === undefined),
    "name a person or a key",
  );
export const explainAnswer = z
  .object({
    allowed: z.boolean(),
    rule: z.enum(RULES).meta({ description: "The rule that decides" }),
    detail: z.string(),
    role: roleName
      .nullable()
      .meta({ description: "Of the person, or of the key's maker; null when they left" }),
    least: roleName.meta({ description: "The least role that has it without an override" }),
  })
  .meta({ id: "AccessExplanation" });

export const presentExplanation = (explanation: Explanation): z.output<typeof explainAnswer> => explanation;

export const meAnswer = z
  .object({
    user: userAnswer,
    session: sessionAnswer.nullable(),
    organization: z.object({
      id: z.string(),
      name: z.string(),
      slug: z.string(),
      personal: z.boolean(),
      suspended: z.boolean(),
    }),
    view_as: z
      .object({ operator: z.string(), reason: z.string(), ends_at: instant })
      .nullable()
      .meta({ description: "An operator looks at this account by this session, and changes nothing" }),
    leaving: z
      .boolean()
      .meta({ description: "This account is about to be erased; all that is open is to keep it" }),
    role: roleName,
    permissions: z.array(z.enum(PERMISSION_NAMES)).meta({ description: "What you may do here today" }),
    mode: z.enum(["test", "live"]),
    organizations: z.array(organizationAnswer),
    mfa: z.object({
      enabled: z.boolean(),
      methods: z.array(z.enum(["totp", "passkey"])),
      must_enroll: z.boolean().meta({ description: "Everything else waits until a second factor is set up" }),
    }),
  })
  .meta({ id: "Me" });

export const presentMe = (
  { session, organization, organizations, permissions, mfaDue }: Me,
  mode: "test" | "live",
): z.output<typeof meAnswer> => ({
  user: presentUser(session.user),
  session: presentSession(session),
  organization: {
    id: organization.id,
    name: organization.name,
    slug: organization.slug,
    personal: organization.personal,
    suspended: organization.suspended,
  },
  view_as: session.viewer && {
    operator: session.viewer.fullName,
    reason: session.viewer.reason,
    ends_at: session.expiresAt,
  },
  leaving: session.leaving,
  role: organization.role,
  permissions: [...permissions],
  mode,
  organizations: organizations.map(presentOrganization),
  mfa: {
    enabled: session.factors.length > 0,
    methods: [...session.factors],
    must_enroll: mfaDue,
  },
});
