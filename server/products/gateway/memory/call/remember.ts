import { setImmediate as turn } from "node:timers/promises";
import { withTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { bad, type Chat } from "../../call/chat.ts";
import { personOf } from "../../limits/bound.ts";
import { laidFor } from "../../options/laid.ts";
import { decided } from "../../options/options.ts";
import type { Gateway } from "../../settling/state.ts";
import { openFact, type Fact } from "../facts/fact.ts";
import { MOST_FACTS, type Place } from "../facts/place.ts";
import { rankFacts, wordsOf, type Ranked } from "../facts/rank.ts";
import { listCurrent } from "../facts/store.ts";
import { routingOf } from "../../routing/routing.ts";
import { memoryAsked } from "./option.ts";
import type { Remembering } from "./remembering.ts";
import { askedIn, mayRemember, putIn, saidIn } from "./put-in.ts";

const MOST_PUT_IN = { fact: 5, preference: 3 } as const;

type Asked = {
  chat: Chat;
  headers: Parameters<typeof memoryAsked>[1];
  projectId: string | null;
};

/** The chat with what is remembered of its person; as it was, and null, where no memory is wanted. */
export async function remember(
  gateway: Gateway,
  actor: Actor,
  asked: Asked,
): Promise<{ chat: Chat; memory: Remembering | null }> {
  const { chat } = asked;
  const place = await placeOf(gateway, actor, asked);
  if (!place) return { chat, memory: null };
  const known = await rankedFacts(gateway, actor, place, askedIn(chat));
  const put = (["fact", "preference"] as const).flatMap((kind) =>
    known.filter(({ item }) => item.kind === kind).slice(0, MOST_PUT_IN[kind]),
  );
  const facts = put.map(({ item }) => item);
  const routing = routingOf(chat, asked.headers);
  const memory = { ...place, recalled: facts.map(({ id }) => id), said: saidIn(chat), routing };
  return { chat: putIn(chat, facts), memory };
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

/** All that is remembered there, by what matters most for this text. */
export async function rankedFacts(
  { deps }: Gateway,
  { orgId }: Pick<Actor, "orgId">,
  place: Place,
  text: string,
): Promise<Ranked<Fact & { words: ReadonlySet<string> }>[]> {
  const rows = await withTx(deps.db, orgId, (tx) => listCurrent(tx, orgId, place, MOST_FACTS));
  const facts: (Fact & { words: ReadonlySet<string> })[] = [];
  for (const row of rows) {
    const fact = openFact(deps.sealer, orgId, row);
    facts.push({ ...fact, words: wordsOf(fact.text) });
    if (facts.length % OPENED_AT_ONCE === 0) await turn();
  }
  return rankFacts(wordsOf(text), facts);
}
