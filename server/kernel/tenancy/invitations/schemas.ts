import { z } from "zod";
import { idParam, instant, listAnswer, listQuery } from "../../../platform/http/index.ts";
import { organizationAnswer } from "../organizations/schemas.ts";
import { roleName } from "../role.ts";
import type { Licenses } from "./invite.ts";
import type { Invitation } from "./store.ts";

const token = z.string().min(1).max(200);

export const invitationsQuery = z.strictObject(listQuery);
export const invitationParams = z.object({ id: idParam("ivt") });
export const invitationInput = z.strictObject({ email: z.email().max(254), role: roleName });
export const tokenInput = z.strictObject({ token });

export const invitationAnswer = z
  .object({
    id: z.string(),
    email: z.string(),
    role: roleName,
    invited_by: z.string(),
    expires_at: instant,
    created_at: instant,
  })
  .meta({ id: "Invitation" });
export const invitationsAnswer = listAnswer(invitationAnswer);
export const licensesAnswer = z
  .object({
    seats: z.int(),
    used: z.int().meta({ description: "Members" }),
    pending: z.int().meta({ description: "Invitations that may still be accepted" }),
  })
  .meta({ id: "Licenses" });
export const invitationPageAnswer = z
  .object({ organization: z.string(), email: z.string(), role: roleName, expires_at: instant })
  .meta({ id: "InvitationPage" });
export const acceptedAnswer = z
  .object({ organization: organizationAnswer })
  .meta({ id: "InvitationAccepted" });

export const presentInvitation = (row: Invitation): z.output<typeof invitationAnswer> => ({
  id: row.id,
  email: row.email,
  role: row.role,
  invited_by: row.invitedBy,
  expires_at: row.expiresAt,
  created_at: row.createdAt,
});

export const presentLicenses = (licenses: Licenses): z.output<typeof licensesAnswer> => licenses;
