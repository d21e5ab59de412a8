import type { Actor } from "../../../platform/http/index.ts";
import type { Chat } from "../call/chat.ts";
import type { Route } from "../models/catalogue.ts";
import type { Own } from "../own-keys/offers.ts";
import type { Gateway } from "../settling/state.ts";
import { chooseRoute } from "./choose.ts";
import { routingOf } from "./routing.ts";

/** Who may serve a call: by its own wishes over its organization's policy, within what its key may call. */
export async function routeCall(
  gateway: Gateway,
  actor: Actor,
  chat: Chat,
  headers: Record<string, string | string[] | undefined>,
): Promise<Route> {
  const { catalogue, deps, routings, ownKeys } = gateway;
  const { orgId } = actor;
  const known = routings.known(orgId);
  const policy = known === undefined ? await routings.read(orgId) : known;
  const keys = ownKeys.known(orgId) ?? (await ownKeys.read(orgId));
  return chooseRoute(catalogue, {
    model: chat.model,
    task: chat.task,
    allowed: actor.bounds?.allowedModels,
    mode: actor.mode,
    now: deps.clock.now().getTime(),
    routing: routingOf(chat, headers),
    policy,
    own: keys.length === 0 ? null : ownOf(gateway, actor, keys),
  });
}

const ownOf = ({ registry }: Gateway, { orgId }: Actor, keys: Own["keys"]): Own => ({
  keys,
  offer: (candidate, key) => registry.own(orgId, candidate, key),
});
