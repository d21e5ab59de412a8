/** What a key or an organization lays down for its calls, and what of it counts for one. Pure. */
import { z } from "zod";
import { cacheOption } from "../cache/option.ts";
import { memoryOption } from "../memory/call/option.ts";
import { compressionOption } from "../compression/option.ts";
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
export function decided<T extends object>(
  asked: Said<T>,
  ofKey: Said<T>,
  ofOrganization: T | null | undefined,
): T | null {
  return [asked, ofKey, ofOrganization].find((said) => said !== undefined) || null;
}

/** Likewise, wish by wish; null where nobody has any. */
export function decidedRouting(...wishes: readonly (Routing | null | undefined)[]): Routing | null {
  const said = wishes.filter((wish) => wish).toReversed();
  return said.length === 0 ? null : Object.assign({}, ...said);
}
