import { z } from "zod";
import { idParam, instant, listAnswer } from "../../../platform/http/index.ts";
import { assertionInput } from "../mfa/schemas.ts";
import type { ListedSession } from "./store.ts";

export const sessionParams = z.object({ id: idParam("ses") });
export const endInput = z.strictObject({
  keep_current: z
    .enum(["true", "false"])
    .default("true")
    .meta({ description: "false ends the session of this very call too" }),
});
export const endAnswer = z
  .object({ revoked: z.int().meta({ description: "How many were ended" }) })
  .meta({ id: "EndedSessions" });
export const reauthInput = z.union([
  z.strictObject({ password: z.string().min(1).max(256) }),
  z.strictObject({ code: z.string().min(1).max(20) }),
  z.strictObject({ assertion: assertionInput }),
]);

const sessionEntry = z
  .object({
    id: z.string(),
    kind: z.enum(["browser", "token", "app"]),
    device: z.string(),
    ip_masked: z.string(),
    created_at: instant,
    last_seen_at: instant,
    current: z.boolean(),
  })
  .meta({ id: "SessionEntry" });
export const sessionsAnswer = listAnswer(sessionEntry);

export const presentEntry = (session: ListedSession, currentId: string): z.output<typeof sessionEntry> => ({
  id: session.id,
  kind: session.kind,
  device: session.device,
  ip_masked: session.ipMasked,
  created_at: session.createdAt,
  last_seen_at: session.lastSeenAt,
  current: session.id === currentId,
});
