/** What a person chooses for themselves: whether their calls use their memory, where a call and its key say nothing. */
import type { Tx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { knownByOrg, type Known, type KnownDeps } from "../../known.ts";

/** `off` counts whatever a call, a key or the organization says. */
export type Choice = "user" | "project" | "off";
/** By person; whoever chose nothing is not there. */
export type Choices = Known<ReadonlyMap<string, Choice>>;

/** No organization has as many people. */
const MOST_PEOPLE = 100_000;

export const createChoices = (deps: KnownDeps): Choices =>
  knownByOrg(deps, "llm.memory_choices", listChoices);

async function listChoices(tx: Tx, org: OrgId): Promise<ReadonlyMap<string, Choice>> {
  const rows = await tx.query<{ user_id: string; choice: Choice }>(
    "gateway.memory_choices",
    "select user_id, choice from gateway.memory_choices where org_id = $1 order by user_id limit $2",
    [org, MOST_PEOPLE],
  );
  return new Map(rows.map(({ user_id: id, choice }) => [id, choice]));
}

/** Null: as others have it. */
export async function putChoice(
  tx: Tx,
  org: OrgId,
  { userId, choice, now }: { userId: string; choice: Choice | null; now: Date },
): Promise<void> {
  if (choice === null) {
    await tx.query(
      "gateway.memory_unchoose",
      "delete from gateway.memory_choices where org_id = $1 and user_id = $2",
      [org, userId],
    );
    return;
  }
  await tx.query(
    "gateway.memory_choose",
    `insert into gateway.memory_choices (org_id, user_id, choice, updated_at) values ($1, $2, $3, $4)
     on conflict (org_id, user_id) do update set choice = excluded.choice, updated_at = excluded.updated_at`,
    [org, userId, choice, now],
  );
}
