import { withTx } from "../../../../platform/db/index.ts";
import type { OrgId } from "../../../../platform/ids.ts";
import { Problem } from "../../../../platform/problem.ts";
import { innerCall } from "../../call/inner-call.ts";
import { rankedFacts } from "../call/remember.ts";
import type { FactId, Place } from "../facts/place.ts";
import type { Gateway } from "../../settling/state.ts";
import { deleteHeard, listHeard, type HeardRow } from "./heard-store.ts";
import { openHeard, type Heard } from "./heard.ts";
import { keepNotes, type Learnt } from "./keep.ts";
import { askForNotes, readNotes } from "./notes.ts";

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
 * have read is forgotten unread. Throws to be tried again.
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
    const learnt = await ask(
      gateway,
      listening,
      first,
      same.map(({ heard }) => heard),
    );
    metrics.memoryRead.inc({ outcome: learnt ? "read" : "nonsense" });
    await keepNotes(gateway, { orgId, read, ...(learnt ?? NOTHING) });
  } catch (error) {
    const refused = isRefusal(error);
    if (!refused && !isLast) throw error;
    metrics.memoryRead.inc({ outcome: refused ? "refused" : "failed" });
    await withTx(deps.db, orgId, (tx) =>
      deleteHeard(
        tx,
        orgId,
        read.map(({ request_id: id }) => id),
      ),
    );
    if (!refused) throw error;
  }
}

const NOTHING: Learnt = { notes: [], known: [] };

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

/** Too few credits, a budget that is used up, a model that is gone: no further try would help. */
const isRefusal = (error: unknown): boolean =>
  error instanceof Problem && error.kind.status < 500 && error.kind.status !== 429;

/** Null where the model's answer makes no sense. */
async function ask(
  gateway: Gateway,
  { orgId, signal }: Listening,
  { user_id: userId, project_id: projectId }: HeardRow,
  heard: readonly Heard[],
): Promise<Learnt | null> {
  const [first] = heard;
  const said = heard.flatMap(({ said: texts }) => texts);
  if (!first || said.length === 0) return NOTHING;
  const place: Place = { userId, projectId };
  const ranked = await rankedFacts(gateway, { orgId }, place, said.join("\n"));
  const known = ranked.slice(0, MOST_KNOWN).map(({ item }) => item);
  const { text } = await innerCall(gateway, {
    actor: first.payer,
    model: first.model,
    messages: askForNotes(
      known.map((fact) => fact.text),
      said,
    ),
    maxOutputTokens: MOST_OUTPUT_TOKENS,
    purpose: "memory",
    projectId: projectId === "" ? null : projectId,
    routing: first.routing,
    signal,
  });
  const notes = readNotes(text);
  return notes && { notes, known: known.map(({ id }): FactId => id) };
}
