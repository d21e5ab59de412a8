import { z } from "zod";
import { instant } from "../../platform/http/index.ts";
import type { User } from "./people/user.ts";
import type { OpenedSession, Session } from "./sessions/session.ts";

const email = z.email().max(254);
/** Only its length is looked at here: a wrong one must read as wrong, not as malformed. */
const anyPassword = z.string().min(1).max(256);
const token = z.string().min(1).max(200);

export const setUpInput = z.strictObject({
  token,
  email,
  password: anyPassword,
  full_name: z.string().trim().min(1).max(100),
});
export const loginInput = z.strictObject({
  email,
  password: anyPassword,
  mode: z.enum(["cookie", "token"]).default("cookie"),
});
export const redeemInput = z.strictObject({ token });

export const userAnswer = z
  .object({ id: z.string(), email: z.string(), full_name: z.string(), operator: z.boolean() })
  .meta({ id: "User" });
export const sessionAnswer = z
  .object({
    id: z.string(),
    csrf_token: z.string().meta({ description: "Send it as X-CSRF-Token with every unsafe call" }),
    expires_at: instant,
  })
  .meta({ id: "Session" });
export const signedInAnswer = z.object({ user: userAnswer, session: sessionAnswer }).meta({ id: "SignedIn" });
export const setUpAnswer = z.object({ user: userAnswer });
export const linkAnswer = z.object({ url: z.string(), expires_at: instant }).meta({ id: "SignInLink" });

export const presentUser = ({ id, email, fullName, operator }: User): z.output<typeof userAnswer> => ({
  id,
  email,
  full_name: fullName,
  operator,
});

export const presentSession = (session: Session): z.output<typeof sessionAnswer> => ({
  id: session.id,
  csrf_token: session.csrfToken,
  expires_at: session.expiresAt,
});

export const presentSignedIn = ({ session }: OpenedSession): z.output<typeof signedInAnswer> => ({
  user: presentUser(session.user),
  session: presentSession(session),
});
