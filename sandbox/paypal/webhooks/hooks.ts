/** The addresses that are told. */
import type { World } from "../../core/company.ts";
import { newId } from "../books.ts";
import { PayPalError } from "../errors.ts";

/** PayPal's own bound. */
const MAX_HOOKS = 10;

export type Hook = { id: string; url: string; types: string[]; own: boolean };

const toHook = (row: Record<string, unknown>): Hook => ({
  id: String(row["id"]),
  url: String(row["url"]),
  types: JSON.parse(String(row["types"])) as string[],
  own: row["own"] === 1,
});

export const allHooks = (world: World): Hook[] =>
  world.store.all("select * from paypal_webhooks order by seq").map(toHook);

export function findHook(world: World, id: string): Hook | null {
  const row = world.store.get("select * from paypal_webhooks where id = ?", id);
  return row === null ? null : toHook(row);
}

export function getHook(world: World, id: string): Hook {
  const hook = findHook(world, id);
  if (hook === null) throw new PayPalError(404, "INVALID_RESOURCE_ID");
  return hook;
}

/** Those that asked for this type, or for all (`*`). */
export const hooksFor = (world: World, type: string): Hook[] =>
  allHooks(world).filter(({ types }) => types.includes("*") || types.includes(type));

export function insertHook(world: World, url: string, types: string[], own = false): Hook {
  const hooks = allHooks(world);
  if (hooks.some((each) => each.url === url)) throw new PayPalError(400, "WEBHOOK_URL_ALREADY_EXISTS");
  if (hooks.length >= MAX_HOOKS) throw new PayPalError(400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED");
  const id = newId(world, "webhook");
  world.store.run(
    "insert into paypal_webhooks (id, url, types, own) values (?, ?, ?, ?)",
    id,
    url,
    JSON.stringify(types),
    own ? 1 : 0,
  );
  return { id, url, types, own };
}

export function updateHook(world: World, { id, url, types }: Hook): void {
  world.store.run(
    "update paypal_webhooks set url = ?, types = ? where id = ?",
    url,
    JSON.stringify(types),
    id,
  );
}

export function deleteHook(world: World, id: string): void {
  getHook(world, id);
  world.store.run("delete from paypal_webhooks where id = ?", id);
}

/**
 * The one at `{webhookBase}/paypal` that every world has from the start; it follows the world's webhook base. Null while
 * nobody listens.
 */
export function ownHook(world: World): Hook | null {
  if (world.webhookBase === null) return null;
  const url = `${world.webhookBase.replace(/\/$/, "")}/paypal`;
  const known = allHooks(world).find(({ own }) => own);
  if (known === undefined) return insertHook(world, url, ["*"], true);
  const hook = { ...known, url };
  if (known.url !== url) updateHook(world, hook);
  return hook;
}
