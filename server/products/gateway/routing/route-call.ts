import { needsOf, type Chat } from "../call/chat.ts";
import { checkOwn } from "../call/own-options.ts";
import type { Spender } from "../limits/bound.ts";
import type { Route } from "../models/catalogue.ts";
import { catalogueFor } from "../models/catalogue-for.ts";
import type { Own } from "../own-keys/offers.ts";
import type { Gateway } from "../settling/state.ts";
import { laidFor, wishesFor } from "../options/laid.ts";
import { chooseRoute } from "./choose.ts";

/** Who may serve a call: by the wishes that count for it, within what its key and organization may call. */
export async function routeCall(
  gateway: Gateway,
  actor: Spender,
  chat: Pick<Chat, "model" | "task" | "body"> & Partial<Pick<Chat, "bytes" | "search" | "hears" | "speaks">>,
  headers: Record<string, string | string[] | undefined>,
): Promise<Route> {
  checkOwn(chat);
  const { deps, ownKeys } = gateway;
  const { orgId } = actor;
  const laid = await laidFor(gateway, actor);
  const keys = ownKeys.known(orgId) ?? (await ownKeys.read(orgId));
  return chooseRoute(await catalogueFor(gateway, actor), {
    model: chat.model,
    task: chat.task,
    allowed: [actor.bounds?.allowedModels, laid.organization?.allowed_models],
    mode: actor.mode,
    now: deps.clock.now().getTime(),
    promptBytes: chat.bytes?.length ?? 0,
    needs: needsOf(chat),
    routing: wishesFor(laid, chat, headers),
    own: keys.length === 0 ? null : ownOf(gateway, actor, keys),
  });
}

const ownOf = ({ registry }: Gateway, { orgId }: Spender, keys: Own["keys"]): Own => ({
  keys,
  offer: (candidate, key) => registry.own(orgId, candidate, key),
});
