import { z } from "zod";
import type { Http } from "../http/index.ts";
import { safeEqual } from "../crypto/index.ts";
import { Problem, common } from "../problem.ts";
import type { Metrics } from "../telemetry/index.ts";
import type { Health } from "./health.ts";

const check = z
  .object({ name: z.string(), ok: z.boolean(), ms: z.number(), detail: z.string().nullable() })
  .meta({ id: "HealthCheck" });
const system = z
  .object({
    version: z.string(),
    role: z.string(),
    node: z.string(),
    uptime_seconds: z.int(),
    sandbox_url: z.string().nullable(),
    checks: z.array(check),
    queues: z.array(z.object({ name: z.string(), waiting: z.int(), oldest_seconds: z.int() })),
  })
  .meta({ id: "System" });

export type HealthDeps = {
  health: Health;
  metrics: Metrics;
  version: string;
  role: string;
  /** Null: `/metrics` answers on loopback only. */
  metricsToken: string | null;
  sandboxUrl: string | null;
};

export function healthRoutes(http: Http, deps: HealthDeps): void {
  const { app } = http;
  app.get("/health", { schema: { hide: true } }, async () => ({ status: "ok" }));
  app.get("/ready", { schema: { hide: true } }, async (_request, reply) => {
    const failing = (await deps.health.run("required")).filter(({ ok }) => !ok).map(({ name }) => name);
    if (deps.health.draining) failing.push("draining");
    return reply.code(failing.length > 0 ? 503 : 200).send({ ready: failing.length === 0, failing });
  });
  app.get("/metrics", { schema: { hide: true } }, async (request, reply) => {
    const sent = request.headers.authorization ?? "";
    const allowed = deps.metricsToken
      ? safeEqual(sent, `Bearer ${deps.metricsToken}`)
      : ["127.0.0.1", "::1", "::ffff:127.0.0.1"].includes(request.ip);
    if (!allowed) throw new Problem(common.unauthenticated);
    return reply
      .type(deps.metrics.contentType)
      .serializer(String)
      .send(await deps.metrics.text());
  });
  http.operation({
    method: "GET",
    path: "/api/admin/system",
    id: "getSystem",
    tag: "System",
    summary: "Version, dependencies with their latency, queues",
    access: { least: "operator" },
    answer: { status: 200, schema: system },
    async handle() {
      const [checks, queues] = await Promise.all([deps.health.run("all"), deps.health.queues()]);
      return {
        version: deps.version,
        role: deps.role,
        node: process.version,
        uptime_seconds: Math.floor(process.uptime()),
        sandbox_url: deps.sandboxUrl,
        checks,
        queues,
      };
    },
  });
}
