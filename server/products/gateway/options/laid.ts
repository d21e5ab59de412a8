import { INSTALLATION } from "../../../platform/ids.ts";
import type { Chat } from "../call/chat.ts";
import type { Spender } from "../limits/bound.ts";
import { routingOf, type Routing } from "../routing/routing.ts";
import type { Policy } from "../routing/policy/policy.ts";
import type { Gateway } from "../settling/state.ts";
import { decidedRouting, overInstallation, type KeyDefaults } from "./options.ts";

/** What is laid down for the calls of one credential, the organization's over the installation's; null where nothing is. */
export type Laid = { key: KeyDefaults | null; organization: Policy | null };

/** Asks the database only for what is not remembered. */
export async function laidFor(
  { routings }: Pick<Gateway, "routings">,
  { orgId, bounds }: Pick<Spender, "orgId" | "bounds">,
): Promise<Laid> {
  const [own, installation] = [routings.known(orgId), routings.known(INSTALLATION)];
  return {
    // Its schema is what the key's operations took it by.
    key: (bounds?.defaults as KeyDefaults | undefined) ?? null,
    organization: overInstallation(
      own === undefined ? await routings.read(orgId) : own,
      installation === undefined ? await routings.read(INSTALLATION) : installation,
    ),
  };
}

/** Who may serve a call, by its own wishes over those of its key over those of its organization. */
export const wishesFor = (
  { key, organization }: Laid,
  chat: Pick<Chat, "body">,
  headers: Parameters<typeof routingOf>[1],
): Routing | null => decidedRouting(routingOf(chat, headers), key?.routing, organization?.routing);
