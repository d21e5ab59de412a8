import type { ControlRequest } from "../core/company.ts";
import { listeners } from "./events/events.ts";
import { openDispute } from "./payments/disputes.ts";
import { rollSecret } from "./events/secrets.ts";
import { controlSettings } from "./settings.ts";

/**
 * What the dashboard has and the API does not, below `/_sandbox/stripe`:
 *   GET|POST /settings                {after_retries, event_list_lag_s, disable_failing_endpoints, reads_per_second}
 *   POST     /disputes                {charge, reason?}: the holder goes to the bank; `inquiry` only asks
 *   POST     /endpoints/{id}/roll     {overlap_s?}  → {secret}; the old secret signs too for up to 24 hours
 */
export async function controlStripe(request: ControlRequest): Promise<boolean> {
  const { method, path, body, world, answer } = request;
  if (path === "/settings") return controlSettings(request);
  if (path === "/disputes" && method === "POST") return controlDispute(request);
  const id = /^\/endpoints\/([A-Za-z0-9_]{1,80})\/roll$/.exec(path)?.[1];
  if (id === undefined || method !== "POST") return false;
  const overlap = (body as { overlap_s?: unknown } | null)?.overlap_s;
  if (overlap !== undefined && !(Number.isInteger(overlap) && Number(overlap) >= 0)) {
    answer(422, { error: "overlap_s: an integer from 0 on" });
  } else if (!listeners(world).some((each) => each.id === id)) answer(422, { error: "No such endpoint" });
  else answer(200, { secret: rollSecret(world, id, overlap === undefined ? undefined : Number(overlap)) });
  return true;
}

function controlDispute({ body, world, answer }: ControlRequest): true {
  const { charge, reason = "fraudulent" } = (body ?? {}) as { charge?: unknown; reason?: unknown };
  if (typeof charge !== "string" || typeof reason !== "string")
    answer(422, { error: "charge and reason: texts" });
  else {
    world.store.atomic(() => openDispute(world, { id: charge, reason }));
    answer(202, { charge });
  }
  return true;
}
