import { z } from "zod";
import { idParam, instant, listAnswer, listQuery } from "../../../platform/http/index.ts";
import { PERMISSION_NAMES, type Permission } from "../permissions.ts";
import { roleName } from "../role.ts";
import type { OverrideChanges } from "./change.ts";
import type { Member } from "./list.ts";

const permission = z.enum(PERMISSION_NAMES);

export const membersQuery = z.strictObject({
  ...listQuery,
  role: roleName.optional(),
  search: z.string().trim().min(1).max(100).optional(),
});
export const memberParams = z.object({ user_id: idParam("usr") });
export const memberChange = z
  .strictObject({
    role: roleName.optional(),
    overrides: z.partialRecord(permission, z.boolean().nullable()).optional().meta({
      description: "Per permission: true grants it, false denies it, null leaves it to the role again",
    }),
  })
  .refine((change) => Object.keys(change).length > 0, "must change something");

export const memberAnswer = z
  .object({
    user_id: z.string(),
    email: z.string(),
    full_name: z.string(),
    role: roleName,
    overrides: z
      .partialRecord(permission, z.boolean())
      .meta({ description: "Permissions that are decided apart from the role" }),
    created_at: instant,
  })
  .meta({ id: "Member" });
export const membersAnswer = listAnswer(memberAnswer);

export const presentMember = ({
  user,
  role,
  overrides,
  createdAt,
}: Member): z.output<typeof memberAnswer> => ({
  user_id: user.id,
  email: user.email,
  full_name: user.fullName,
  role,
  overrides,
  created_at: createdAt,
});

export const readOverrides = (
  input: z.output<typeof memberChange>["overrides"],
): OverrideChanges | undefined => input && new Map(Object.entries(input) as [Permission, boolean | null][]);
