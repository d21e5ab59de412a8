import { setImmediate as turn } from "node:timers/promises";
import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { bad, type Chat } from "../../call/chat.ts";
import { personOf } from "../../limits/bound.ts";
import { laidFor } from "../../options/laid.ts";
import { decided } from "../../options/options.ts";
import type { Gateway } from "../../settling/state.ts";
import { QUESTION_WAITS_MS, vectorsOf } from "../facts/embed.ts";
import { openFact, openVector, type Fact } from "../facts/fact.ts";
import { MOST_FACTS, type Place } from "../facts/place.ts";
import { rankFacts, wordsOf, type Ranked } from "../facts/rank.ts";
import { listCurrent, listVectors } from "../facts/store.ts";
import { nearness } from "../facts/vector.ts";
import { routingOf } from "../../routing/routing.ts";
import { memoryAsked } from "./option.ts";
import type { Remembering } from "./remembering.ts";
import { askedIn, mayRemember, putIn, saidIn } from "./put-in.ts";

const MOST_PUT_IN = { fact: 5, preference: 3 } as const;

type Asked = {
  /** Spends nothing: facts are found by their words. */
  free?: boolean;
  chat: Chat;
  headers: Parameters<typeof memoryAsked>[1];
  projectId: string | null;
};

/**
 * The chat with what is remembered of its person; as it was, and null, where no memory is wanted. `waited`: a call of the person's
 * own was made for it, whose time is no part of this one's.
 */
export async function remember(
  gateway: Gateway,
  actor: Actor,
  asked: Asked,
): Promise<{ chat: Chat; memory: Remembering | null; waited: boolean }> {
  const { chat } = asked;
  const place = await placeOf(gateway, actor, asked);
  if (!place) return { chat, memory: null, waited: false };
  const routing = routingOf(chat, asked.headers);
  const question = askedIn(chat);
  const facts = await openFacts(gateway, actor, place);
  const near =
    asked.free || fits(facts)
      ? null
      : await nearTo(gateway, actor, { place, text: question, routing, projectId: asked.projectId });
  const known = rankFacts(wordsOf(question), facts, near ?? undefined);
  const put = (["fact", "preference"] as const).flatMap((kind) =>
    known.filter(({ item }) => item.kind === kind).slice(0, MOST_PUT_IN[kind]),
  );
  const recalled = put.map(({ item }) => item);
  const memory = { ...place, recalled: recalled.map(({ id }) => id), said: saidIn(chat), routing };
  return { chat: putIn(chat, recalled), memory, waited: near !== null };
}

/** By the call's own wish over its key's, its person's and its organization's; a person's `off` over them all. */
async function placeOf(
  gateway: Gateway,
  actor: Actor,
  { chat, headers, projectId }: Asked,
): Promise<Place | null> {
  const asked = memoryAsked(chat, headers);
  const laid = await laidFor(gateway, actor);
  const userId = personOf(actor);
  if (userId === null) {
    if (asked) bad("/holdfast/memory", "is a person's own, and this key is nobody's");
    return null;
  }
  const { choices } = gateway;
  const own = (choices.known(actor.orgId) ?? (await choices.read(actor.orgId))).get(userId);
  if (own === "off") return null;
  const option = decided(asked, laid.key?.memory, own ? { scope: own } : laid.organization?.memory);
  if (option === null || !mayRemember(chat)) return null;
  if (option.scope === "user") return { userId, projectId: "" };
  if (projectId !== null) return { userId, projectId };
  if (asked) bad("/holdfast/memory/scope", "asks for a project, and none is named");
  return null;
}

/** Opening all that a full memory holds would hold up other calls. */
const OPENED_AT_ONCE = 250;

type Known = Fact & { words: ReadonlySet<string> };

/** All that is remembered there, by the words of this text. */
export async function rankedFacts(
  gateway: Gateway,
  actor: Pick<Actor, "orgId">,
  place: Place,
  text: string,
): Promise<Ranked<Known>[]> {
  return rankFacts(wordsOf(text), await openFacts(gateway, actor, place));
}

async function openFacts({ deps }: Gateway, { orgId }: Pick<Actor, "orgId">, place: Place): Promise<Known[]> {
  const rows = await withTx(deps.db, orgId, (tx) => listCurrent(tx, orgId, place, MOST_FACTS));
  const facts: Known[] = [];
  for (const row of rows) {
    const fact = openFact(deps.sealer, orgId, row);
    facts.push({ ...fact, words: wordsOf(fact.text) });
    if (facts.length % OPENED_AT_ONCE === 0) await turn();
  }
  return facts;
}

/** All of it is put in, in whatever order it ranks. */
const fits = (facts: readonly Known[]): boolean =>
  (["fact", "preference"] as const).every(
    (kind) => facts.filter((fact) => fact.kind === kind).length <= MOST_PUT_IN[kind],
  );

/** How near each fact is to the text, none where nobody told that in time; null where it is not asked for. */
async function nearTo(
  gateway: Gateway,
  actor: Actor,
  {
    place,
    text,
    routing,
    projectId,
  }: { place: Place; text: string } & Pick<Remembering, "routing"> & {
      projectId: string | null;
    },
): Promise<Map<string, number> | null> {
  const { deps } = gateway;
  const { orgId } = actor;
  if (!deps.memoryEmbeddingModel || text.trim() === "") return null;
  const rows = await withTx(deps.db, orgId, (tx) => listVectors(tx, orgId, place, MOST_FACTS));
  if (rows.length === 0) return null;
  const wanted = { actor, texts: [text], projectId, routing, waitMs: QUESTION_WAITS_MS };
  const [asked] = await vectorsOf(gateway, wanted);
  const near = new Map<string, number>();
  if (!asked) return near;
  for (const [at, row] of rows.entries()) {
    near.set(row.id, nearness(asked, openVector(deps.sealer, orgId, row)));
    if (at % OPENED_AT_ONCE === OPENED_AT_ONCE - 1) await turn();
  }
  return near;
}
