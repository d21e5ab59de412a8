/** What a key, an organization or the installation lays down for calls, and what of it counts for one. Pure. */
import { z } from "zod";
import { cacheOption } from "../cache/option.ts";
import { memoryOption } from "../memory/call/option.ts";
import { compressionOption } from "../compression/option.ts";
import { NO_POLICY, type Policy } from "../routing/policy/policy.ts";
import { routing, type Routing } from "../routing/routing.ts";

/** A key's own; what it leaves out is the organization's, and `false` is off whatever that says. */
export const keyDefaults = z
  .strictObject({
    routing: routing.optional(),
    cache: cacheOption.or(z.literal(false)).optional(),
    memory: memoryOption.or(z.literal(false)).optional(),
    compression: compressionOption.or(z.literal(false)).optional(),
  })
  .meta({
    id: "ApiKeyDefaults",
    description:
      "For its model calls, where a call says nothing itself; what is left out is the organization's",
  });
export type KeyDefaults = z.output<typeof keyDefaults>;

/** What somebody says of an option: undefined nothing, null or false that it be off. */
type Said<T> = T | null | false | undefined;

/** An option by the call's own word, else its key's, else its organization's; null is off, as it is where nobody says anything. */
export function decided<T extends object>(asked: Said<T>, ofKey: Said<T>, ofOrganization: Said<T>): T | null {
  return [asked, ofKey, ofOrganization].find((said) => said !== undefined) || null;
}

/** Likewise, wish by wish; null where nobody has any. */
export function decidedRouting(...wishes: readonly (Routing | null | undefined)[]): Routing | null {
  const said = wishes.filter((wish) => wish).toReversed();
  return said.length === 0 ? null : Object.assign({}, ...said);
}

/** What counts for an organization's calls: its own word, else the installation's, routing wish by wish. */
export function overInstallation(own: Policy | null, installation: Policy | null): Policy | null {
  if (installation === null) return own;
  const said = own ?? NO_POLICY;
  return {
    routing: decidedRouting(said.routing, installation.routing),
    allowed_models: said.allowed_models,
    memory_model: said.memory_model,
    cache: said.cache ?? installation.cache,
    compression: said.compression ?? installation.compression,
    memory: said.memory ?? installation.memory,
    fold_retries: said.fold_retries ?? installation.fold_retries,
  };
}
