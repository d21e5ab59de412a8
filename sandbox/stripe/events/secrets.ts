/** The signing secrets of endpoints: several may be active at once while one is rolled. */
import { newId } from "../books.ts";
import type { World } from "../../core/company.ts";
import { invalid } from "../protocol/errors.ts";

const SECRETS = "stripe:secrets";
const MAX_OVERLAP_S = 24 * 3_600;

type Secret = { endpoint: string; secret: string; endsAt: number | null };

export function forgetSecrets(world: World): void {
  world.memory.delete(SECRETS);
}

function all(world: World): Secret[] {
  let found = world.memory.get(SECRETS) as Secret[] | undefined;
  if (found === undefined) {
    found = world.store
      .all("select endpoint_id, secret, ends_at from stripe_secrets order by endpoint_id, secret")
      .map((row) => ({
        endpoint: String(row["endpoint_id"]),
        secret: String(row["secret"]),
        endsAt: row["ends_at"] === null ? null : Number(row["ends_at"]),
      }));
    world.memory.set(SECRETS, found);
  }
  return found;
}

/** The secrets of an endpoint that are active now, the lasting one first. */
export function activeSecrets(world: World, endpointId: string): string[] {
  const now = world.clock.seconds();
  return all(world)
    .filter((each) => each.endpoint === endpointId && (each.endsAt === null || each.endsAt > now))
    .toSorted((a, b) => Number(a.endsAt !== null) - Number(b.endsAt !== null))
    .map((each) => each.secret);
}

export function addSecret(world: World, endpointId: string): string {
  const secret = newId(world, "secret");
  world.store.run(
    "insert into stripe_secrets (endpoint_id, secret, ends_at) values (?, ?, null)",
    endpointId,
    secret,
  );
  forgetSecrets(world);
  return secret;
}

export function dropSecrets(world: World, endpointId: string): void {
  world.store.run("delete from stripe_secrets where endpoint_id = ?", endpointId);
  forgetSecrets(world);
}

/** A new secret; the old ones go on signing beside it for up to 24 hours. */
export function rollSecret(world: World, endpointId: string, overlapS = MAX_OVERLAP_S): string {
  const ends = world.clock.seconds() + Math.min(Math.max(overlapS, 0), MAX_OVERLAP_S);
  world.store.run(
    "update stripe_secrets set ends_at = ? where endpoint_id = ? and ends_at is null",
    ends,
    endpointId,
  );
  return addSecret(world, endpointId);
}

export function checkUrl(url: string, param: string): void {
  if (!URL.canParse(url) || !/^https?:/.test(url)) throw invalid("Not a valid URL", param, "url_invalid");
}
