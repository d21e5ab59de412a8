import { withTx, type Tx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { common, Problem } from "../../../../platform/problem.ts";
import { gatewayProblems } from "../../problems.ts";
import type { Gateway } from "../../settling/state.ts";
import { forgetHeard } from "../learn/forget.ts";
import { hasSecret } from "../learn/secrets.ts";
import { personOfMemory } from "../person.ts";
import { forgetInner, type InnerEmbedding } from "../../call/inner-call.ts";
import { vectorsOf, WRITING_WAITS_MS } from "./embed.ts";
import { openFact, openVector, sealFact, type Fact } from "./fact.ts";
import { AT_FIRST, repeated } from "./importance.ts";
import { MOST_FACTS, type FactId } from "./place.ts";
import { countCurrent, deleteFacts, endVersion, findFact, insertFact, lockFact } from "./store.ts";
import type { Vector } from "./vector.ts";

type Words = Pick<Fact, "text" | "kind">;

/** Remembers what a person wrote, under `id`, however often. 409 `memory_full`, 422 for what looks like a secret. */
export async function addFact(
  gateway: Gateway,
  actor: Actor,
  id: FactId,
  { projectId, ...words }: Words & { projectId: string },
): Promise<void> {
  const { deps } = gateway;
  const { orgId } = actor;
  const place = { userId: personOfMemory(actor), projectId };
  refuseSecret(words.text);
  const refuseFull = async (tx: Tx) => {
    if ((await countCurrent(tx, orgId, place)) >= MOST_FACTS) throw new Problem(gatewayProblems.memory_full);
  };
  // Before anything is paid for it, and once more where it is written.
  await withTx(deps.db, orgId, refuseFull);
  const name = `fact ${id}`;
  const vector = await vectorFor(gateway, actor, words.text, { projectId, once: { name, note: {} } });
  const now = deps.clock.now();
  // What a person writes down themselves matters more than what was only heard.
  const first = { id, version: 1, source: "written" as const, importance: repeated(AT_FIRST) };
  const fact = sealFact(deps.sealer, orgId, { ...first, ...words, ...place, now, vector });
  await withTx(deps.db, orgId, async (tx) => {
    await refuseFull(tx);
    await insertFact(tx, orgId, fact);
    await forgetInner(tx, orgId, "memory", name);
  });
}

/** What it is about, where the person's calls are told of it: a viewer makes none, and spends nothing. */
async function vectorFor(
  gateway: Gateway,
  actor: Actor,
  text: string,
  { projectId, once }: { projectId: string | null; once?: InnerEmbedding["once"] },
): Promise<Vector | null> {
  if (actor.role === "viewer") return null;
  const wanted = { actor, texts: [text], projectId: projectId || null, waitMs: WRITING_WAITS_MS };
  const [vector = null] = await vectorsOf(gateway, { ...wanted, ...(once && { once }) });
  return vector;
}

/** Corrects a fact: what it said before ends, and stays with it. 404 for none of one's own. */
export async function changeFact(
  gateway: Gateway,
  actor: Actor,
  id: FactId,
  words: { [K in keyof Words]?: Words[K] | undefined },
): Promise<Fact> {
  const { deps } = gateway;
  const { orgId } = actor;
  const userId = personOfMemory(actor);
  if (words.text !== undefined) refuseSecret(words.text);
  const known = await withTx(deps.db, orgId, (tx) => findFact(tx, orgId, userId, id));
  if (!known) throw new Problem(common.not_found);
  const anew =
    words.text === undefined
      ? undefined
      : await vectorFor(gateway, actor, words.text, { projectId: known.project_id });
  const now = deps.clock.now();
  return withTx(deps.db, orgId, async (tx) => {
    const row = await lockFact(tx, orgId, userId, id);
    if (!row) throw new Problem(common.not_found);
    const { vector, ...kept } = row;
    const before = openFact(deps.sealer, orgId, kept);
    const about = vector && openVector(deps.sealer, orgId, { ...row, vector });
    const next = sealFact(deps.sealer, orgId, {
      id,
      version: before.version + 1,
      source: "written",
      kind: words.kind ?? before.kind,
      text: words.text ?? before.text,
      importance: before.importance,
      userId,
      projectId: before.project_id,
      now,
      vector: anew === undefined ? about : anew,
    });
    await endVersion(tx, orgId, before, now);
    await insertFact(tx, orgId, next);
    const { vector: _, ...rest } = next;
    return openFact(deps.sealer, orgId, { ...rest, valid_to: null });
  });
}

/** Forgets a fact with all its versions. 404 for none of one's own. */
export async function removeFact({ deps }: Gateway, actor: Actor, id: FactId): Promise<void> {
  const userId = personOfMemory(actor);
  const deleted = await withTx(deps.db, actor.orgId, (tx) => deleteFacts(tx, actor.orgId, userId, [id]));
  if (deleted === 0) throw new Problem(common.not_found);
}

/** Forgets everything of the person, what was heard and not read yet as well. How many facts. */
export async function removeAll({ deps }: Gateway, actor: Actor): Promise<number> {
  const { orgId } = actor;
  const userId = personOfMemory(actor);
  return withTx(deps.db, orgId, async (tx) => {
    await forgetHeard(tx, orgId, userId);
    return deleteFacts(tx, orgId, userId, null);
  });
}

function refuseSecret(text: string): void {
  if (!hasSecret(text)) return;
  const errors = [{ pointer: "/text", detail: "looks like a secret, which is not kept" }];
  throw new Problem(common.invalid_input, { errors });
}
