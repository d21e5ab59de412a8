import type { Actor } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityMetrics } from "../metrics.ts";
import { originOf, type Outgoing } from "../sessions/answer-sign-in.ts";
import { sessionCookie } from "../sessions/session-cookie.ts";
import { finishVisit, type Return } from "./finish.ts";
import { flowCookie } from "./flow.ts";

/** Leaving for another company and coming back, for one person or network. */
export const VISITS = { name: "oauth", perMinute: 30, kind: "auth" } as const;

type Incoming = {
  actor: Actor | null;
  ip: string;
  request: { url: string; headers: Record<string, string | string[] | undefined> };
  reply: Outgoing;
};

/** Answers a browser that a company has sent back: a cookie when it is signed in, and the page that it goes on to. */
export async function comeBack(
  deps: IdentityDeps,
  call: Incoming,
  to: Pick<Return, "label" | "keys" | "find">,
): Promise<undefined> {
  const { request, reply, actor } = call;
  const mark = request.url.indexOf("?");
  const landing = await finishVisit(deps, {
    ...to,
    answer: new URLSearchParams(mark < 0 ? "" : request.url.slice(mark)),
    browser: flowCookie(deps.config).read(request.headers.cookie),
    actor,
    origin: originOf(call),
  });
  identityMetrics(deps.metrics).signIns.inc({ method: to.label, outcome: landing.outcome });
  if (landing.opened) reply.header("set-cookie", sessionCookie(deps.config).set(landing.opened.secret));
  reply.header("location", landing.path);
}
