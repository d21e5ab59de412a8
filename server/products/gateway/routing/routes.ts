import { z } from "zod";
import type { Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { changeInstallationPolicy, changePolicy } from "./policy/change-policy.ts";
import { installationPolicySchema, policySchema } from "./policy/policy.ts";
import { describeProviders } from "./providers.ts";
import { readInstallationPolicy, readPolicy } from "./policy/read-policy.ts";

const providersAnswer = z
  .object({
    data: z.array(
      z.object({
        id: z.string(),
        state: z
          .enum(["ok", "degraded", "down"])
          .meta({ description: "down: all of its models' breakers are open" }),
        models: z.int().meta({ description: "How many it serves" }),
        byok: z.boolean().meta({ description: "By the organization's own key" }),
        success_1h: z.number().nullable().meta({ description: "0 to 1; null without a call" }),
        first_content_p50_ms: z.int().nullable(),
        on_disconnect: z.enum(["abort", "drain"]),
        markup_percent: z
          .int()
          .meta({ description: "Inside its published prices, and on top of its own figures" }),
        plan_markups: z
          .record(z.string(), z.int())
          .meta({ description: "Instead of it, for organizations of these plans" }),
      }),
    ),
  })
  .meta({ id: "LlmProviderList" });

const manage = { least: "admin", permission: "settings.manage" } as const;

/** Who serves model calls, and how an organization's calls are routed. */
export function routingRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Models" } as const;
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/llm/providers",
    id: "listLlmProviders",
    summary: "Providers of models and how they do",
    access: { least: "agent", permission: "gateway.use" },
    answer: { status: 200, schema: providersAnswer },
    handle: async ({ actor }) => ({ data: await describeProviders(gateway, actor.orgId) }),
  });
  http.operation({
    ...shared,
    method: "GET",
    path: "/api/llm/policy",
    id: "getLlmPolicy",
    summary: "How the organization's model calls are routed",
    access: manage,
    answer: { status: 200, schema: policySchema },
    handle: ({ actor }) => readPolicy(gateway, actor.orgId),
  });
  http.operation({
    ...shared,
    method: "PUT",
    path: "/api/llm/policy",
    id: "putLlmPolicy",
    summary: "Lay down how the organization's model calls are routed, and which models may be called",
    access: manage,
    body: policySchema,
    answer: { status: 200, schema: policySchema },
    handle: ({ actor, body }) => changePolicy(gateway, actor, body),
  });
  installationRoutes(http, gateway);
}

function installationRoutes(http: Http, gateway: Gateway): void {
  const shared = { tag: "Operator", path: "/api/admin/llm/policy", access: { least: "operator" } } as const;
  http.operation({
    ...shared,
    method: "GET",
    id: "getInstallationLlmPolicy",
    summary: "How model calls are routed where their organization, key and body say nothing",
    answer: { status: 200, schema: installationPolicySchema },
    handle: () => readInstallationPolicy(gateway),
  });
  http.operation({
    ...shared,
    method: "PUT",
    id: "putInstallationLlmPolicy",
    summary: "Lay down how model calls are routed where their organization, key and body say nothing",
    body: installationPolicySchema,
    answer: { status: 200, schema: installationPolicySchema },
    handle: ({ actor, body }) => changeInstallationPolicy(gateway, actor, body),
  });
}
