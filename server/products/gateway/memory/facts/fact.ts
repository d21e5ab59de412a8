/** A fact as it is told, and as it lies in its row. Pure but for the sealing. */
import type { Sealer } from "../../../../platform/crypto/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import type { Place } from "./place.ts";
import type { FactRow, NewFact } from "./store.ts";

export type Fact = Omit<FactRow, "sealed"> & { text: string };

const placeOf = (org: OrgId, { user_id, id, version }: Pick<FactRow, "user_id" | "id" | "version">): string =>
  `memory ${org} ${user_id} ${id} ${version}`;

export function openFact(sealer: Sealer, org: OrgId, { sealed, ...row }: FactRow): Fact {
  return { ...row, text: sealer.open(sealed, placeOf(org, row)).toString() };
}

/** The first version of a fact, or the next one of it. */
export function sealFact(
  sealer: Sealer,
  org: OrgId,
  {
    text,
    now,
    ...fact
  }: Pick<Fact, "id" | "version" | "kind" | "source" | "text" | "importance"> & Place & { now: Date },
): NewFact {
  const { userId: user_id, projectId: project_id, ...rest } = fact;
  const row = { ...rest, user_id, project_id, used_at: now, faded_at: now, valid_from: now };
  return { ...row, sealed: sealer.seal(Buffer.from(text), placeOf(org, row)) };
}
