/** A fact as it is told, and as it lies in its row. Pure but for the sealing. */
import type { Sealer } from "../../../../platform/crypto/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Place } from "./place.ts";
import type { FactRow, NewFact } from "./store.ts";
import { read, written, type Vector } from "./vector.ts";

export type Fact = Omit<FactRow, "sealed"> & { text: string };

type Version = Pick<FactRow, "user_id" | "id" | "version">;
const placeOf = (org: OrgId, { user_id, id, version }: Version): string =>
  `memory ${org} ${user_id} ${id} ${version}`;

export function openFact(sealer: Sealer, org: OrgId, { sealed, ...row }: FactRow): Fact {
  return { ...row, text: sealer.open(sealed, placeOf(org, row)).toString() };
}

const vectorPlaceOf = (org: OrgId, version: Version): string => `vector of ${placeOf(org, version)}`;

export const openVector = (sealer: Sealer, org: OrgId, version: Version & { vector: Buffer }): Vector =>
  read(sealer.open(version.vector, vectorPlaceOf(org, version)));

export const sealVector = (sealer: Sealer, org: OrgId, version: Version, vector: Vector): Buffer =>
  sealer.seal(written(vector), vectorPlaceOf(org, version));

/** The first version of a fact, or the next one of it. */
export function sealFact(
  sealer: Sealer,
  org: OrgId,
  {
    text,
    now,
    vector,
    ...fact
  }: Pick<Fact, "id" | "version" | "kind" | "source" | "text" | "importance"> &
    Place & { now: Date; vector: Vector | null },
): NewFact {
  const { userId: user_id, projectId: project_id, ...rest } = fact;
  const row = { ...rest, user_id, project_id, used_at: now, faded_at: now, valid_from: now };
  return {
    ...row,
    sealed: sealer.seal(Buffer.from(text), placeOf(org, row)),
    vector: vector && sealVector(sealer, org, row, vector),
  };
}
