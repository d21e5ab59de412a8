import { withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { Problem } from "../../../../platform/problem.ts";
import { forgetInner, innerCall } from "../../call/inner-call.ts";
import { rankedFacts } from "../call/remember.ts";
import { vectorsOf, WRITING_WAITS_MS } from "../facts/embed.ts";
import { renewVectors } from "../facts/renew-vectors.ts";
import type { FactId, Place } from "../facts/place.ts";
import { gatewayProblems } from "../../problems.ts";
import type { Gateway } from "../../settling/state.ts";
import { deleteHeard, listHeard, type HeardRow } from "./heard-store.ts";
import { openHeard, type Heard } from "./heard.ts";
import { keepNotes } from "./keep.ts";
import { askForNotes, readNotes, type Note } from "./notes.ts";
import { readerOf } from "./reader.ts";

/** Calls that are read together, by one call of the same payer's. */
const AT_ONCE = 10;
/** Characters that are read together. */
const MOST_TOGETHER = 12_000;
/** What is known already is told to the model as far as it may concern what was said. */
const MOST_KNOWN = 20;
const MOST_OUTPUT_TOKENS = 800;

export type Listening = {
  orgId: OrgId;
  userId: string;
  signal: AbortSignal;
  /** Nobody tries again: what was heard is forgotten either way. */
  isLast: boolean;
};

/**
 * Reads what a person said in their calls, oldest first, and notes what is worth knowing. What the payer cannot or may not
 * have read is forgotten unread. Throws to be tried again: then the answer that was paid for is found again, and what it was
 * asked about counts, whatever was said since.
 */
export async function learn(gateway: Gateway, listening: Listening): Promise<void> {
  const { deps, metrics } = gateway;
  const { orgId, userId, isLast } = listening;
  const rows = await withTx(deps.db, orgId, (tx) => listHeard(tx, orgId, userId, AT_ONCE));
  const [first] = rows;
  if (!first) return;
  let read = [first];
  try {
    const opened = rows.map((row) => ({ row, heard: openHeard(deps.sealer, orgId, row) }));
    const same = together(opened);
    read = same.map(({ row }) => row);
    const { read: asked, notes, known } = await ask(gateway, listening, same);
    read = rows.filter(({ request_id: id }) => asked.includes(id));
    metrics.memoryRead.inc({ outcome: notes ? "read" : "nonsense" });
    const told = await withVectors(gateway, same, notes ?? []);
    await keepNotes(gateway, { orgId, read, notes: told, known, names: namesOf(first) });
    await renewOlder(gateway, listening, same);
  } catch (error) {
    const refused = isRefusal(error);
    if (!refused && !isLast) throw error;
    metrics.memoryRead.inc({ outcome: refused ? "refused" : "failed" });
    await withTx(deps.db, orgId, async (tx) => {
      await deleteHeard(tx, orgId, read.map(idOf));
      for (const name of namesOf(first)) await forgetInner(tx, orgId, "memory", name);
    });
    if (!refused) throw error;
  }
}

const idOf = ({ request_id: id }: HeardRow): string => id;
/** A reading by the first that it reads: nobody else reads that. */
const nameOf = (first: HeardRow): string => `heard ${idOf(first)}`;
const vectorsNameOf = (first: HeardRow): string => `about ${nameOf(first)}`;
const namesOf = (first: HeardRow): string[] => [nameOf(first), vectorsNameOf(first)];

type Opened = { row: HeardRow; heard: Heard };

/** The first, and what may be read with it: no more than a short prompt holds. */
function together(all: readonly Opened[]): Opened[] {
  let left = MOST_TOGETHER;
  return all.filter((each, at) => {
    if (at > 0 && !isAlike(each, all[0] ?? each)) return false;
    left -= each.heard.said.join("").length;
    return at === 0 || left >= 0;
  });
}

/** Read by the same model, paid for by the same caller, kept in the same place. */
const isAlike = (one: Opened, other: Opened): boolean =>
  one.row.project_id === other.row.project_id &&
  one.heard.model === other.heard.model &&
  one.heard.payer.credentialId === other.heard.payer.credentialId &&
  JSON.stringify(one.heard.routing) === JSON.stringify(other.heard.routing);

/** Too few credits, a budget that is used up, a model that is gone, an answer that was paid and lost: no further try would help. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Problem &&
  error.kind.status < 500 &&
  error.kind.status !== 429 &&
  error.kind !== gatewayProblems.request_in_progress;

/** What was read, and what was known, when the model was asked; its notes are null where its answer makes no sense. */
type Reading = { read: readonly string[]; known: readonly FactId[]; notes: Note[] | null };

async function ask(gateway: Gateway, { orgId, signal }: Listening, all: readonly Opened[]): Promise<Reading> {
  const [{ row, heard: first }] = all as [Opened, ...Opened[]];
  const said = all.flatMap(({ heard }) => heard.said);
  const read = all.map((each) => idOf(each.row));
  if (said.length === 0) return { read, known: [], notes: [] };
  const place: Place = { userId: row.user_id, projectId: row.project_id };
  const ranked = await rankedFacts(gateway, { orgId }, place, said.join("\n"));
  const known = ranked.slice(0, MOST_KNOWN).map(({ item }) => item);
  const { text, note } = await innerCall(gateway, {
    actor: first.payer,
    model: await readerOf(gateway, first),
    messages: askForNotes(
      known.map((fact) => fact.text),
      said,
    ),
    maxOutputTokens: MOST_OUTPUT_TOKENS,
    purpose: "memory",
    projectId: row.project_id === "" ? null : row.project_id,
    routing: first.routing,
    signal,
    once: { name: nameOf(row), note: { read, known: known.map(({ id }) => id) } },
  });
  return { ...(note as Pick<Reading, "read" | "known">), notes: readNotes(text) };
}

/** What was remembered there before, e.g. before there was a model for it, is found by what it is about from then on as well. */
function renewOlder(gateway: Gateway, { orgId, signal }: Listening, all: readonly Opened[]): Promise<void> {
  const [{ row, heard }] = all as [Opened, ...Opened[]];
  const place: Place = { userId: row.user_id, projectId: row.project_id };
  return renewVectors(gateway, orgId, place, { actor: heard.payer, routing: heard.routing, signal });
}

/** The notes with what each is about, paid for by who paid for the reading. */
async function withVectors(gateway: Gateway, all: readonly Opened[], notes: readonly Note[]) {
  const [{ row, heard }] = all as [Opened, ...Opened[]];
  const vectors = await vectorsOf(gateway, {
    actor: heard.payer,
    texts: notes.map(({ text }) => text),
    projectId: row.project_id === "" ? null : row.project_id,
    routing: heard.routing,
    waitMs: WRITING_WAITS_MS,
    once: { name: vectorsNameOf(row), note: {} },
  });
  return notes.map((note, at) => ({ ...note, vector: vectors[at] ?? null }));
}
