import type { Chat } from "../call/chat.ts";
import type { Spender } from "../limits/bound.ts";
import { routingOf, type Routing } from "../routing/routing.ts";
import type { Policy } from "../routing/policy/policy.ts";
import type { Gateway } from "../settling/state.ts";
import { decidedRouting, type KeyDefaults } from "./options.ts";

/** What is laid down for the calls of one credential; null where nothing is. */
export type Laid = { key: KeyDefaults | null; organization: Policy | null };

/** Asks the database only for an organization that is not remembered. */
export async function laidFor(
  { routings }: Pick<Gateway, "routings">,
  { orgId, bounds }: Pick<Spender, "orgId" | "bounds">,
): Promise<Laid> {
  const known = routings.known(orgId);
  return {
    // Its schema is what the key's operations took it by.
    key: (bounds?.defaults as KeyDefaults | undefined) ?? null,
    organization: known === undefined ? await routings.read(orgId) : known,
  };
}

/** Who may serve a call, by its own wishes over those of its key over those of its organization. */
export const wishesFor = (
  { key, organization }: Laid,
  chat: Pick<Chat, "body">,
  headers: Parameters<typeof routingOf>[1],
): Routing | null => decidedRouting(routingOf(chat, headers), key?.routing, organization?.routing);
