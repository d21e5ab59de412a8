import type { Actor } from "../../../platform/http/index.ts";
import type { Chat } from "../call/chat.ts";
import type { Route } from "../models/catalogue.ts";
import type { Gateway } from "../state.ts";
import { chooseRoute } from "./choose.ts";
import { routingOf } from "./routing.ts";

/** Who may serve a call: by its own wishes over its organization's policy, within what its key may call. */
export async function routeCall(
  { catalogue, deps, routings }: Gateway,
  actor: Actor,
  chat: Chat,
  headers: Record<string, string | string[] | undefined>,
): Promise<Route> {
  const known = routings.known(actor.orgId);
  const policy = known === undefined ? await routings.read(actor.orgId) : known;
  return chooseRoute(catalogue, {
    model: chat.model,
    allowed: actor.bounds?.allowedModels,
    mode: actor.mode,
    now: deps.clock.now().getTime(),
    routing: routingOf(chat, headers),
    policy,
  });
}
