import type { z } from "zod";
import { presentMfaChallenge } from "../mfa/schemas.ts";
import { presentSignedIn } from "../schemas.ts";
import { presentTokenSet } from "../tokens/schemas.ts";
import type { SignedIn } from "./complete-sign-in.ts";
import type { loginAnswer } from "./login-answer.ts";
import type { Origin } from "./open-session.ts";
import type { SessionCookie } from "./session-cookie.ts";

type Incoming = { ip: string; request: { headers: Record<string, string | string[] | undefined> } };
export type Outgoing = { header(name: string, value: string): unknown };

/** Where a request to sign in comes from. */
export const originOf = ({ ip, request }: Incoming): Origin => {
  const agent = request.headers["user-agent"];
  return { ip, userAgent: typeof agent === "string" ? agent : undefined };
};

/** The answer to a sign-in; a session's secret goes into the cookie and nowhere else. */
export function answerSignIn(
  reply: Outgoing,
  cookie: SessionCookie,
  signedIn: SignedIn,
): z.output<typeof loginAnswer> {
  if (signedIn.kind === "tokens") return presentTokenSet(signedIn.tokens);
  if (signedIn.kind === "mfa") return presentMfaChallenge(signedIn.challenge);
  const { opened } = signedIn;
  reply.header("set-cookie", cookie.set(opened.secret));
  return presentSignedIn(opened);
}
