import type { SessionCookie } from "../identity/index.ts";
import type { Credential } from "./credential.ts";

/** From then on a session's answers say that it ends. */
const SOON_MS = 5 * 60_000;

/**
 * What an answer says of the session itself: a new secret when one is due, and that it ends soon. True when a new secret was
 * handed out.
 */
export async function tellBrowser(
  known: Credential,
  cookie: SessionCookie,
  now: Date,
  setHeader: (name: string, value: string) => void,
): Promise<boolean> {
  const secret = (await known.takeDueSecret?.()) ?? null;
  if (secret !== null) setHeader("set-cookie", cookie.set(secret));
  const over = known.overAt();
  const leftMs = over ? over.getTime() - now.getTime() : Infinity;
  if (leftMs < SOON_MS) {
    setHeader("x-session-expires-soon", "true");
    setHeader("x-session-expires-in", String(Math.max(0, Math.floor(leftMs / 1000))));
  }
  return secret !== null;
}
