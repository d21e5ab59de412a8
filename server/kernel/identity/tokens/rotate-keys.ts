import type { Clock } from "../../../platform/clock.ts";
import { addMs } from "../../../platform/clock.ts";
import type { Sealer } from "../../../platform/crypto/index.ts";
import { type Db, withSystemTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { audit, INSTALLATION } from "../audit/index.ts";
import { makeKeyPair, SKEW_MS } from "../engine/jose.ts";
import { ACCESS_TOKEN_SECONDS } from "./claims.ts";
import {
  deleteSigningKey,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  type SigningKey,
} from "./key-store.ts";

const DAY_MS = 86_400_000;
/** A key signs that long. */
const SIGNS_MS = 90 * DAY_MS;
/** A key is published that long before it signs, so that whoever caches the list knows it by then. */
const AHEAD_MS = DAY_MS;
/** After the next key took over, the last token of a key lives that long. */
const OUTLIVES_MS = ACCESS_TOKEN_SECONDS * 1000 + 2 * SKEW_MS;

export type KeyDeps = { db: Db; clock: Clock; sealer: Sealer };

/** Where a sealed private key belongs. */
export const placeOf = (id: string): string => `signing key ${id}`;

/** When the next key takes over; null when it is too early to publish one. The first signs at once. */
export function nextActiveFrom(newest: Date | null, now: Date): Date | null {
  if (!newest) return now;
  const due = addMs(newest, SIGNS_MS);
  if (now < addMs(due, -AHEAD_MS)) return null;
  const soonest = addMs(now, AHEAD_MS);
  return due > soonest ? due : soonest;
}

/** True when no token that this key signed can be valid any more. */
export const isOver = (takenOverAt: Date | undefined, now: Date): boolean =>
  takenOverAt !== undefined && addMs(takenOverAt, OUTLIVES_MS) <= now;

/** Publishes the next key when it is time, and removes those whose last token has expired. */
export function rotateKeys({ db, clock, sealer }: KeyDeps): Promise<void> {
  return withSystemTx(db, async (tx) => {
    await lockSigningKeys(tx);
    const now = clock.now();
    const keys = await listSigningKeys(tx);
    const note = (action: string, key: Pick<SigningKey, "id" | "activeFrom">) =>
      audit(tx, now, {
        orgId: INSTALLATION,
        actorId: "system",
        action,
        targetId: key.id,
        detail: { active_from: key.activeFrom.toISOString() },
      });
    const activeFrom = nextActiveFrom(keys.at(-1)?.activeFrom ?? null, now);
    if (activeFrom) {
      const id = newId("sgk");
      const { publicKey, privateKey } = await makeKeyPair();
      const privateKeySealed = sealer.seal(privateKey, placeOf(id));
      await insertSigningKey(tx, { id, publicKey, privateKeySealed, activeFrom }, now);
      await note("signing_key.published", { id, activeFrom });
    }
    for (const [at, key] of keys.entries()) {
      if (!isOver(keys[at + 1]?.activeFrom, now)) continue;
      await deleteSigningKey(tx, key.id);
      await note("signing_key.removed", key);
    }
  });
}
