import { rankOf, type Actor, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readLimits, readRules } from "./read.ts";
import { limitsAnswer, limitsInput, presentRule, presentStanding, readRule } from "./schemas.ts";
import { setLimits, type SetKeyLimits } from "./set.ts";

/** What bounds model calls and the credits they spend. `setKeyLimits` writes those of a key, where keys are kept. */
export function limitRoutes(http: Http, gateway: Gateway, setKeyLimits: SetKeyLimits): void {
  const answered = async (actor: Actor) => {
    const { plan } = await gateway.policies.of(actor.orgId, actor.mode);
    const admin = rankOf(actor.role) >= rankOf("admin");
    const rules = admin ? await readRules(gateway, actor) : [];
    return {
      data: (await readLimits(gateway, actor)).map(presentStanding),
      rules: rules.filter(({ type }) => type !== "key").map(presentRule),
      plan,
      as_of: gateway.deps.clock.now(),
    };
  };
  http.operation({
    method: "GET",
    path: "/api/tokens/limits",
    id: "getTokenLimits",
    tag: "Tokens",
    summary: "Every limit that binds one's model calls, and what is used of it",
    access: { least: "viewer", scope: "gateway.use" },
    answer: { status: 200, schema: limitsAnswer },
    handle: ({ actor }) => answered(actor),
  });
  http.operation({
    method: "PUT",
    path: "/api/tokens/limits",
    id: "setTokenLimits",
    tag: "Tokens",
    summary: "All limits of the organization, a person in it or a key; rates at most the plan's",
    access: { least: "admin", permission: "settings.manage" },
    body: limitsInput,
    answer: { status: 200, schema: limitsAnswer },
    async handle({ actor, body }) {
      await setLimits(gateway, setKeyLimits, actor, readRule(body));
      return answered(actor);
    },
  });
}
