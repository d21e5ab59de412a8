import { z } from "zod";
import { idParam, instant } from "../../../platform/http/index.ts";
import { token } from "../schemas.ts";
import { CONSEQUENCES, type requestDeletion } from "./delete-account.ts";

export const verifyDeletionInput = z.strictObject({ token });
export const cancelDeletionInput = z.union([
  z.strictObject({ token }).meta({ description: "The mailed one; nobody need be signed in" }),
  z.strictObject({ request_id: idParam("del") }).meta({ description: "One's own, signed in" }),
]);
export const deletionAnswer = z
  .object({
    request_id: z.string(),
    state: z.enum(["pending", "scheduled", "cancelled"]),
    scheduled_for: instant.nullable(),
    consequences: z.array(z.string()),
    blockers: z.array(z.string()),
  })
  .meta({ id: "DeletionRequest" });

export const presentDeletion = (
  request: Awaited<ReturnType<typeof requestDeletion>>,
): z.output<typeof deletionAnswer> => ({
  request_id: request.id,
  state: request.state as "pending" | "scheduled" | "cancelled",
  scheduled_for: request.state === "scheduled" ? request.executeAt : null,
  consequences: [...CONSEQUENCES],
  blockers: [],
});
