import type { Sealer } from "../../../platform/crypto/index.ts";
import type { EventId } from "./event.ts";

/** The bytes of an event as they are stored; those from before sealing are plain. */
export type StoredBody = { body: Buffer; sealed: boolean };

const placeOf = (id: EventId): string => `webhook payload ${id}`;

export const sealBody = (sealer: Sealer, id: EventId, body: Buffer): Buffer => sealer.seal(body, placeOf(id));

/** The exact bytes. Throws for what was altered, or sealed under a key that is configured no more. */
export const openBody = (sealer: Sealer, id: EventId, { body, sealed }: StoredBody): Buffer =>
  sealed ? sealer.open(body, placeOf(id)) : body;
