import type { Clock } from "../clock.ts";
import type { Db, Tx } from "../db/index.ts";
import { type Actor, CEILINGS, type Http, takingsOf } from "../http/index.ts";
import { assert, Problem, common } from "../problem.ts";
import type { Bus } from "../bus/index.ts";
import type { Limiter } from "./limiter.ts";
import type { Rule } from "./rule.ts";
import { limitInput, limitOverride, limitParams, ownLimitsAnswer, rateLimitsAnswer } from "./schemas.ts";
import type { Override } from "./override.ts";
import { topLimited } from "./top.ts";

/** What happened to the limits of a subject; `app.ts` hands in what writes it down. */
export type OperatorAct = {
  action: "rate_limit.set" | "rate_limit.removed";
  targetId: string;
  detail: Record<string, unknown>;
};
export type LimitRouteDeps = {
  db: Db;
  clock: Clock;
  bus: Pick<Bus, "processes">;
  limiter: Limiter;
  inRedis: boolean;
  audit(tx: Tx, actor: Actor, act: OperatorAct): Promise<void>;
};

const CHANGES_PER_MINUTE = 10;
const operator = { least: "operator" } as const;

const presentOverride = ({ subject, class: name, limit, windowSeconds, createdAt }: Override) => ({
  subject,
  class: name,
  limit,
  window_s: windowSeconds,
  created_at: createdAt,
});
const presentRule = ({ name, windows }: Rule) => ({
  class: name,
  windows: windows.map(({ limit, seconds }) => ({ limit, window_s: seconds })),
});

/** Own limits for everyone; everyone's for operators. Mount it last: it shows the classes of what was declared before. */
export function limitRoutes(http: Http, deps: LimitRouteDeps): void {
  const { limiter } = deps;
  http.operation({
    method: "GET",
    path: "/api/rate-limits/me",
    id: "getOwnRateLimits",
    tag: "Limits",
    summary: "What is left of one's own limits, and when it returns",
    access: { least: "viewer" },
    answer: { status: 200, schema: ownLimitsAnswer },
    async handle({ actor }) {
      const looked = await limiter.look(takingsOf(actor, [...http.rules.values()], true));
      const ceilings = new Set<string>([CEILINGS.user.name, CEILINGS.organization.name]);
      const used = looked.filter(
        ({ class: name, remaining, limit }) => remaining < limit || ceilings.has(name),
      );
      return {
        data: used.map(({ windowSeconds, resetsInSeconds, ...rest }) => ({
          ...rest,
          window_s: windowSeconds,
          resets_in_s: resetsInSeconds,
        })),
      };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/admin/rate-limits",
    id: "getRateLimits",
    tag: "Limits",
    summary: "Classes, who is refused most, and what operators changed",
    access: operator,
    background: true,
    answer: { status: 200, schema: rateLimitsAnswer },
    async handle() {
      assert(limiter.overrides, "a server keeps overrides");
      await limiter.flush();
      const [top, overrides] = await Promise.all([topLimited(deps.db, deps.clock), limiter.overrides.list()]);
      return {
        degraded: limiter.degraded(),
        counted_in:
          deps.inRedis && !limiter.degraded() ? ("redis" as const) : ("postgres_and_memory" as const),
        processes: deps.bus.processes(),
        classes: [...Object.values(CEILINGS), ...http.rules.values()].map(presentRule),
        top: top.map(({ class: name, lastAt, ...rest }) => ({ ...rest, class: name, last_at: lastAt })),
        overrides: overrides.map(presentOverride),
      };
    },
  });
  overrideRoutes(http, deps);
}

function overrideRoutes(http: Http, { clock, limiter, audit }: LimitRouteDeps): void {
  const known = (name: string) =>
    http.rules.has(name) || Object.values(CEILINGS).some((ceiling) => ceiling.name === name);
  http.operation({
    method: "PUT",
    path: "/api/admin/rate-limits/:subject/:class",
    id: "setRateLimit",
    tag: "Limits",
    summary: "Give one subject another limit in one class",
    access: operator,
    proof: true,
    limit: { name: "setRateLimit", perMinute: CHANGES_PER_MINUTE },
    params: limitParams,
    body: limitInput,
    answer: { status: 200, schema: limitOverride },
    async handle({ actor, params, body }) {
      assert(limiter.overrides, "a server keeps overrides");
      if (!known(params.class)) throw new Problem(common.not_found);
      const made = {
        ...params,
        limit: body.limit,
        windowSeconds: body.window_s,
        createdAt: clock.now(),
      };
      const act = {
        action: "rate_limit.set",
        targetId: params.subject,
        detail: { class: params.class, ...body },
      } as const;
      await limiter.overrides.put(made, (tx) => audit(tx, actor, act));
      return presentOverride(made);
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/admin/rate-limits/:subject/:class",
    id: "removeRateLimit",
    tag: "Limits",
    summary: "Take an own limit back",
    access: operator,
    proof: true,
    limit: { name: "removeRateLimit", perMinute: CHANGES_PER_MINUTE },
    params: limitParams,
    answer: { status: 204, schema: null },
    async handle({ actor, params: { subject, class: name } }) {
      assert(limiter.overrides, "a server keeps overrides");
      const act = { action: "rate_limit.removed", targetId: subject, detail: { class: name } } as const;
      const removed = await limiter.overrides.remove(subject, name, (tx) => audit(tx, actor, act));
      if (!removed) throw new Problem(common.not_found);
    },
  });
}
