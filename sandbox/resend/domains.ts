import type { World } from "../core/company.ts";
import { iso, listRows, newUuid } from "./books.ts";
import { notFound } from "./errors.ts";
import type { Call } from "./operation.ts";

/** Verified from the start in every world; `resend.dev` is Resend's own, for trying. */
export const OWN_DOMAIN = "holdfast.test";
const SHARED_DOMAIN = "resend.dev";

export function seedDomains(world: World): void {
  if (isVerified(world, OWN_DOMAIN)) return;
  world.store.run(
    "insert into resend_domains (id, name, created_ms) values (?, ?, ?)",
    newUuid(world, "domain"),
    OWN_DOMAIN,
    world.clock.now(),
  );
}

export function isVerified(world: World, domain: string): boolean {
  return (
    domain === SHARED_DOMAIN ||
    world.store.get("select 1 from resend_domains where name = ?", domain) !== null
  );
}

const present = (row: Record<string, unknown>) => ({
  id: String(row["id"]),
  name: String(row["name"]),
  status: "verified",
  created_at: iso(Number(row["created_ms"])),
  region: "eu-west-1",
  open_tracking: false,
  click_tracking: false,
  capabilities: { sending: "enabled", receiving: "disabled" },
});

export function listDomains({ world, query }: Call): unknown {
  const { rows, hasMore } = listRows(world, "resend_domains", query);
  return { object: "list", has_more: hasMore, data: rows.map(present) };
}

export function readDomain({ world, id }: Call): unknown {
  const row = world.store.get("select * from resend_domains where id = ?", id);
  if (row === null) throw notFound("Domain");
  return { object: "domain", ...present(row), records: [] };
}
