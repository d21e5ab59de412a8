import { z } from "zod";
import { idParam, instant, isNetwork, listAnswer, text } from "../../../platform/http/index.ts";
import { roleName } from "../role.ts";
import type { OrganizationDetail } from "./change.ts";
import type { Policy } from "./policy.ts";
import { SLUG_SHAPE } from "./slug.ts";
import type { Organization } from "./store.ts";

const MOST_NETWORKS = 50;

const name = text(100);
const slug = z.string().regex(SLUG_SHAPE, "3 to 63 small letters, digits and hyphens");
/** `203.0.113.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const network = z
  .string()
  .max(49)
  .refine(isNetwork, "must be an address or a network like 203.0.113.0/24")
  .meta({ description: "An address, or a network in CIDR notation" });
const factor = z.enum(["totp", "passkey"]);

export const organizationParams = z.object({ id: idParam("org") });
export const organizationInput = z.strictObject({ name, slug });
export const organizationChange = z
  .strictObject({
    name: name.optional(),
    slug: slug.optional().meta({ description: "Needs organization.manage" }),
  })
  .refine((change) => Object.keys(change).length > 0, "must change something");
export const transferInput = z.strictObject({ user_id: idParam("usr") });
export const suspendInput = z.strictObject({ reason: text(500) });

const policyFields = {
  mfa_required: z.boolean().meta({ description: "Members without a second factor may only set one up" }),
  methods: z.array(factor).meta({ description: "Second factors that count" }),
  idle_minutes: z
    .int()
    .nullable()
    .meta({ description: "Minutes without a call after which sessions end here; null: the installation's" }),
  ip_allow: z
    .array(z.string())
    .meta({ description: "Networks that people and keys may come from; empty: any" }),
};
export const policyInput = z.strictObject({
  ...policyFields,
  methods: z.array(factor).min(1).max(2),
  idle_minutes: z.int().min(5).max(30).nullable(),
  ip_allow: z.array(network).max(MOST_NETWORKS),
});
export const policyAnswer = z.object(policyFields).meta({ id: "OrganizationPolicy" });

const organizationFields = {
  id: z.string(),
  name: z.string(),
  slug: z.string(),
  personal: z.boolean(),
  suspended: z.boolean().meta({ description: "By the operator: only billing and export go on" }),
  created_at: instant,
};
export const organizationAnswer = z
  .object({ ...organizationFields, role: roleName })
  .meta({ id: "Organization" });
export const organizationsAnswer = listAnswer(organizationAnswer);
export const organizationDetailAnswer = z
  .object({ ...organizationFields, policy: policyAnswer })
  .meta({ id: "OrganizationDetail" });

const fieldsOf = (org: Omit<Organization, "role">) => ({
  id: org.id,
  name: org.name,
  slug: org.slug,
  personal: org.personal,
  suspended: org.suspended,
  created_at: org.createdAt,
});

export const presentOrganization = (org: Organization): z.output<typeof organizationAnswer> => ({
  ...fieldsOf(org),
  role: org.role,
});

export const presentDetail = (org: OrganizationDetail): z.output<typeof organizationDetailAnswer> => ({
  ...fieldsOf(org),
  policy: presentPolicy(org.policy),
});

export const presentPolicy = (policy: Policy): z.output<typeof policyAnswer> => ({
  mfa_required: policy.mfaRequired,
  methods: [...policy.methods],
  idle_minutes: policy.idleMinutes,
  ip_allow: [...policy.ipAllow],
});

export const readPolicy = (input: z.output<typeof policyInput>): Policy => ({
  mfaRequired: input.mfa_required,
  methods: [...new Set(input.methods)],
  idleMinutes: input.idle_minutes,
  ipAllow: [...new Set(input.ip_allow)],
});
