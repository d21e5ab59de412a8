import { z } from "zod";
import type { TokenSet } from "./token-set.ts";

export const refreshInput = z.strictObject({ refresh_token: z.string().min(1).max(200) });

export const tokenSetAnswer = z
  .object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().meta({ description: "Seconds that the access token lives" }),
    refresh_token: z.string().meta({ description: "Works once: each use answers the next one" }),
    refresh_expires_in: z
      .int()
      .meta({ description: "Seconds after which an unused refresh token has expired" }),
    scope: z
      .string()
      .optional()
      .meta({ description: "What the app may do; left out for a person's own tokens" }),
  })
  .meta({ id: "TokenSet" });

export const presentTokenSet = (set: TokenSet): z.output<typeof tokenSetAnswer> => ({
  access_token: set.accessToken,
  token_type: "Bearer",
  expires_in: set.expiresIn,
  refresh_token: set.refreshToken,
  refresh_expires_in: set.refreshExpiresIn,
  ...(set.scopes ? { scope: set.scopes.join(" ") } : {}),
});
