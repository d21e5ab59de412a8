import { z } from "zod";
import { instant, text } from "../../platform/http/index.ts";
import type { User } from "./people/user.ts";
import type { OpenedSession, Session } from "./sessions/session.ts";

export const email = z.email().max(254);
/** Only its length is looked at here: a wrong one must read as wrong, not as malformed. */
const anyPassword = z.string().min(1).max(256);
export const token = z.string().min(1).max(200);

/** The rules of new passwords are told by the answer that names what is lacking. */
export const newPassword = z.string().min(1).max(256).meta({
  description: "8 to 128 characters with upper and lower case and a digit; none that is known from breaches",
});
export const locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, "must be a language tag like en or pt-BR");

export const setUpInput = z.strictObject({
  token,
  email,
  password: anyPassword,
  full_name: text(100),
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
