import { z } from "zod";
import { idParam, instant, listAnswer, listQuery } from "../../platform/http/index.ts";
import { presentSession, presentUser, sessionAnswer, userAnswer } from "../identity/index.ts";
import { shownPrefix } from "./api-key.ts";
import type { ApiKey } from "./api-key-store.ts";
import type { Me } from "./me.ts";
import type { Member } from "./members.ts";
import { PERMISSION_NAMES, SCOPE_NAMES } from "./permissions.ts";
import type { Organization } from "./store.ts";

const role = z.enum(["owner", "admin", "agent", "viewer"]).meta({ id: "Role" });
const mode = z.enum(["test", "live"]);
const name = z.string().trim().min(1).max(100);
const MAX_RATE_PER_MIN = 100_000;

export const listInput = z.strictObject(listQuery);
export const keyParams = z.object({ id: idParam("key") });
export const organizationInput = z.strictObject({ name });
export const switchInput = z.strictObject({ org_id: idParam("org") });
export const keyInput = z.strictObject({
  name,
  mode,
  scopes: z.array(z.enum(SCOPE_NAMES)).min(1).max(SCOPE_NAMES.length),
  rate_limit_per_min: z
    .int()
    .min(0)
    .max(MAX_RATE_PER_MIN)
    .nullable()
    .optional()
    .meta({ description: "Requests a minute; null is the default, 0 no limit (admin)" }),
  expires_at: instant
    .nullable()
    .optional()
    .meta({ description: "90 days from now when left out; null never expires (admin)" }),
});

const organizationAnswer = z
  .object({ id: z.string(), name: z.string(), personal: z.boolean(), role, created_at: instant })
  .meta({ id: "Organization" });
const memberAnswer = z
  .object({
    user_id: z.string(),
    email: z.string(),
    full_name: z.string(),
    role,
    created_at: instant,
  })
  .meta({ id: "Member" });
const keyFields = {
  id: z.string(),
  name: z.string(),
  prefix: z.string().meta({ description: "The part of the key that may be shown" }),
  mode,
  scopes: z.array(z.string()),
  rate_limit_per_min: z.int().nullable(),
  created_by: z.string(),
  created_at: instant,
  expires_at: instant.nullable(),
  last_used_at: instant.nullable(),
};
const keyAnswer = z.object(keyFields).meta({ id: "ApiKey" });

export { organizationAnswer };
export const organizationsAnswer = listAnswer(organizationAnswer);
export const membersAnswer = listAnswer(memberAnswer);
export const keysAnswer = listAnswer(keyAnswer);
export const newKeyAnswer = z
  .object({
    ...keyFields,
    secret: z
      .string()
      .nullable()
      .meta({ description: "The key itself, told once; null when the request is repeated" }),
  })
  .meta({ id: "NewApiKey" });
export const meAnswer = z
  .object({
    user: userAnswer,
    session: sessionAnswer.nullable(),
    organization: z.object({ id: z.string(), name: z.string() }),
    role,
    permissions: z.array(z.enum(PERMISSION_NAMES)).meta({ description: "What you may do here today" }),
    mode,
    organizations: z.array(organizationAnswer),
    mfa: z.object({
      enabled: z.boolean(),
      methods: z.array(z.enum(["totp", "passkey"])),
      must_enroll: z.boolean().meta({ description: "Everything else waits until a second factor is set up" }),
    }),
  })
  .meta({ id: "Me" });

export const presentOrganization = (org: Organization): z.output<typeof organizationAnswer> => ({
  id: org.id,
  name: org.name,
  personal: org.personal,
  role: org.role,
  created_at: org.createdAt,
});

export const presentMember = ({ user, role, createdAt }: Member): z.output<typeof memberAnswer> => ({
  user_id: user.id,
  email: user.email,
  full_name: user.fullName,
  role,
  created_at: createdAt,
});

export const presentKey = (key: ApiKey): z.output<typeof keyAnswer> => ({
  id: key.id,
  name: key.name,
  prefix: shownPrefix(key.mode, key.publicId),
  mode: key.mode,
  scopes: [...key.scopes],
  rate_limit_per_min: key.rateLimitPerMin,
  created_by: key.createdBy,
  created_at: key.createdAt,
  expires_at: key.expiresAt,
  last_used_at: key.lastUsedAt,
});

export const presentMe = (
  { session, organization, organizations, permissions, mfaDue }: Me,
  mode: "test" | "live",
): z.output<typeof meAnswer> => ({
  user: presentUser(session.user),
  session: presentSession(session),
  organization: { id: organization.id, name: organization.name },
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
