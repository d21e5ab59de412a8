import { isMember } from "../../../../kernel/tenancy/index.ts";
import { withTx, type Tx } from "../../../../platform/db/index.ts";
import { newId, type OrgId } from "../../../../platform/ids.ts";
import { forgetInner } from "../../call/inner-call.ts";
import type { Gateway } from "../../settling/state.ts";
import { openFact, sealFact, type Fact } from "../facts/fact.ts";
import { faded, recalled, repeated } from "../facts/importance.ts";
import { MOST_FACTS, type FactId, type Place } from "../facts/place.ts";
import { saysTheSame, wordsOf } from "../facts/rank.ts";
import { dropLeast, endVersion, insertFact, listCurrent, weighFact } from "../facts/store.ts";
import { deleteHeard, type HeardRow } from "./heard-store.ts";
import type { Vector } from "../facts/vector.ts";
import type { Note } from "./notes.ts";

/** What a model noted and is about, which facts it was told of, and under which names models were asked. */
type Learnt = {
  notes: readonly (Note & { vector: Vector | null })[];
  known: readonly FactId[];
  names: readonly string[];
};

/**
 * Keeps what was learnt, and forgets what it was learnt from and the answer that told it: all or nothing. Nothing is kept of what the person has deleted
 * meanwhile, nor of somebody who has left.
 */
export async function keepNotes(
  { deps, metrics }: Gateway,
  { orgId, read, notes, known, names }: Learnt & { orgId: OrgId; read: readonly HeardRow[] },
): Promise<void> {
  const [first] = read;
  if (!first) return;
  const place = { userId: first.user_id, projectId: first.project_id };
  const acts = await withTx(deps.db, orgId, async (tx) => {
    const ids = read.map(({ request_id: id }) => id);
    const there = await deleteHeard(tx, orgId, ids);
    for (const name of names) await forgetInner(tx, orgId, "memory", name);
    if (there.size < ids.length || !(await isMember(tx, orgId, place.userId))) return [];
    const rows = await listCurrent(tx, orgId, place, MOST_FACTS);
    const facts = rows.map((row) => openFact(deps.sealer, orgId, row));
    const { sealer, clock } = deps;
    const memory = openMemory({ tx, org: orgId, place, sealer, now: clock.now() }, facts);
    for (const id of read.flatMap(({ recalled: each }) => each)) await memory.recall(id);
    for (const note of notes) await memory.note(note, known[(note.replaces ?? 0) - 1]);
    return memory.acts;
  });
  for (const act of acts) metrics.memoryFacts.inc({ act });
}

type Writing = { tx: Tx; org: OrgId; place: Place; sealer: Gateway["deps"]["sealer"]; now: Date };

/** Writes into one person's memory, in one transaction. `acts` tells what was done. */
function openMemory({ tx, org, place, sealer, now }: Writing, known: readonly Fact[]) {
  const facts = new Map(known.map((fact) => [fact.id, fact]));
  const acts: string[] = [];

  const weigh = async (fact: Fact, grown: (importance: number) => number, act: string): Promise<void> => {
    const { importance } = faded({ ...fact, usedAt: fact.used_at, fadedAt: fact.faded_at }, now);
    const weighed = { ...fact, importance: grown(importance), used_at: now, faded_at: now };
    await weighFact(tx, org, weighed);
    facts.set(fact.id, weighed);
    acts.push(act);
  };
  const write = async (
    { text, kind, importance, vector }: Learnt["notes"][number],
    before: Fact | undefined,
  ): Promise<void> => {
    if (before) await endVersion(tx, org, before, now);
    else if ((await dropLeast(tx, org, place, MOST_FACTS)) > 0) acts.push("dropped");
    const next = sealFact(sealer, org, {
      id: before ? before.id : newId("mem"),
      version: before ? before.version + 1 : 1,
      source: "said",
      text,
      kind,
      importance: Math.max(importance, before?.importance ?? 0),
      vector,
      ...place,
      now,
    });
    await insertFact(tx, org, next);
    facts.set(next.id, { ...next, text, valid_to: null });
    acts.push(before ? "replaced" : "added");
  };
  return {
    acts,
    async recall(id: FactId): Promise<void> {
      const fact = facts.get(id);
      if (fact) await weigh(fact, recalled, "recalled");
    },
    async note(note: Learnt["notes"][number], replaced: FactId | undefined): Promise<void> {
      const words = wordsOf(note.text);
      const same = [...facts.values()].find(({ text }) => saysTheSame(wordsOf(text), words));
      if (same) await weigh(same, repeated, "repeated");
      else await write(note, replaced && facts.get(replaced));
    },
  };
}
