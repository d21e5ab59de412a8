import type { Call } from "../../platform/http/index.ts";
import { Problem } from "../../platform/problem.ts";
import { context } from "../../platform/telemetry/index.ts";
import { cachingOf, findAnswer } from "./cache/look-up.ts";
import { answerFromCache, takeHit, type Cached } from "./cache/serve.ts";
import { askedOf, isWhole, keepsAnswer, type HeldCall } from "./call/held-call.ts";
import { remember } from "./memory/call/remember.ts";
import { compress, type NewSummary } from "./compression/compress.ts";
import { fitOf, projectOf } from "./call/own-options.ts";
import { StreamRelay } from "./call/relay/relay-stream.ts";
import { askJson, problemOf, settleUp } from "./call/settle-up.ts";
import { admitted, carried, takeHold } from "./call/take-hold.ts";
import { sendCall } from "./call/send-call.ts";
import { droppedFields } from "./call/upstream-body.ts";
import type { Dialect, Told } from "./dialects/dialect.ts";
import { foldOf, isRetry, type Fold } from "./folds/fold.ts";
import { awaitDropped, findJoined, noteJoined, watchDrop } from "./folds/join.ts";
import { ask } from "./routing/failover.ts";
import { checkKey, keyOf } from "./keys/idempotency.ts";
import type { KeptKey } from "./keys/idempotency-store.ts";
import type { Tail } from "./keys/kept-answer.ts";
import { answerAgain, type Replay } from "./keys/replay.ts";
import { laidFor } from "./options/laid.ts";
import { routeCall } from "./routing/route-call.ts";
import type { Gateway } from "./settling/state.ts";

/** What a model call arrives with. */
export type Incoming = Pick<Call<{ least: "agent" }>, "actor" | "requestId" | "request" | "reply"> & {
  body: unknown;
  /** What it is asked and answered in. */
  dialect: Dialect;
};
type Reply = Incoming["reply"];

/** One model call from its first byte to its last: choose, bound, hold, relay, settle. */
export async function complete(gateway: Gateway, incoming: Incoming): Promise<void> {
  const held = await admitted(gateway, () => admit(gateway, incoming));
  if ("known" in held) return answerAgain(gateway.deps.sealer, incoming.actor.orgId, held, incoming);
  if ("entry" in held) return answerFromCache(gateway, held, incoming);
  const { call, summary } = held;
  context()?.note("model", call.serving.model.id);
  const { reply } = incoming;
  reply.headers({
    "x-holdfast-provider": call.serving.provider.id,
    "x-holdfast-model": call.serving.model.id,
    "x-holdfast-route": call.route.why,
    "x-holdfast-attempts": "1",
    "x-holdfast-held-micros": call.bound.micros.toString(),
    ...(call.caching ? { "x-holdfast-cache": "miss" } : {}),
    ...(call.memory ? { "x-holdfast-memory": String(call.memory.recalled.length) } : {}),
    ...(call.bound.fitted ? { "x-holdfast-fit-tokens": String(call.bound.maxTokens) } : {}),
  });
  tellDropped(reply, call);
  const answer = call.chat.stream ? answerStream : answerJson;
  watchDrop(gateway, call, reply.raw);
  await carried(gateway, call, async () => {
    if (summary) reply.headers(await summary.put(call));
    await answer(gateway, call, incoming);
  });
}

/** A call to be carried out, and the summary that is made for it first. */
type Admitted = { call: HeldCall; summary: NewSummary | null };

/** Everything before a provider hears of the call. */
async function admit(gateway: Gateway, incoming: Incoming): Promise<Admitted | Replay | Cached> {
  const { actor, requestId, request, reply, body } = incoming;
  const { headers } = request;
  const startedAt = performance.now();
  const { deps } = gateway;
  const length = Buffer.isBuffer(body) ? body.length : 0;
  const asked = await gateway.longPrompts.inTurn(length, () => incoming.dialect.read(body));
  // Of a form each sending has another boundary.
  const bytes = asked.sound ? asked.bytes : (body as Buffer);
  const route = await routeCall(gateway, actor, asked, headers);
  const key = keyOf(headers["idempotency-key"], {
    actor,
    requestId,
    endpoint: asked.endpoint,
    bytes,
    now: deps.clock.now(),
  });
  const { organization } = await laidFor(gateway, actor);
  const fold = foldOf(organization, { endpoint: asked.endpoint, bytes });
  const answered = await answeredBefore(gateway, incoming, { key, fold });
  if (answered) return answered;
  const projectId = projectOf(asked, headers["x-holdfast-project"]);
  const fit = fitOf(asked, headers["x-holdfast-fit"]);
  const { chat, memory, waited } = await remember(gateway, actor, { chat: asked, headers, projectId });
  // An answer out of what is remembered of one person is nobody else's.
  const caching = memory ? null : await cachingOf(gateway, actor, { chat, route, headers });
  const entry = caching && (await findAnswer(gateway, actor, caching));
  if (entry) return takeHit(gateway, { requestId, actor, chat, key, projectId }, entry, reply);
  // Behind key and cache, which know a call by what its caller sent.
  const sent = await compress(gateway, actor, { chat, route, headers, projectId, fit, waiting: reply.raw });
  reply.headers(sent.told);
  const asking = { requestId, actor, route, key, projectId, fit, caching, memory, fold, startedAt };
  const { shortened } = sent;
  // What tells what the question is about is a call of its own, whose time is no part of this one's.
  const own = { chat: sent.chat, shortened, ...((shortened || waited) && { startedAt: performance.now() }) };
  return takeBoth(
    gateway,
    { ...asking, ...own },
    sent.summary,
    (name, value) => void reply.header(name, value),
  );
}

/** The call at the price that it has with a summary; where that is refused, at its price without one. */
async function takeBoth(
  gateway: Gateway,
  asking: Parameters<typeof takeHold>[1],
  summary: NewSummary | null,
  tell: (name: string, value: string) => void,
): Promise<Admitted> {
  if (summary)
    try {
      return { call: await takeHold(gateway, { ...asking, bound: summary.bound }, tell), summary };
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  return { call: await takeHold(gateway, asking, tell), summary: null };
}

/** The answer of the call that this one repeats, by its key or as a retry; null for a call of its own. */
async function answeredBefore(
  gateway: Gateway,
  { actor, request, reply }: Incoming,
  { key, fold }: { key: KeptKey | null; fold: Fold | null },
): Promise<Replay | null> {
  const joins = fold !== null && isRetry(request);
  if (joins) await awaitDropped(gateway, actor, fold, reply.raw);
  if (key) return checkKey(gateway.deps.db, actor, key);
  const joined = joins ? await findJoined(gateway, actor, fold) : null;
  if (joined) noteJoined(gateway, actor, joined, reply.raw);
  return joined;
}

/** Tells who is asked instead, while that can still be told. */
function tellWho(reply: Reply, call: HeldCall): void {
  const { serving, attempts } = call;
  context()?.note("model", serving.model.id);
  if (reply.raw.headersSent) return;
  reply.headers({
    "x-holdfast-provider": serving.provider.id,
    "x-holdfast-model": serving.model.id,
    "x-holdfast-route": "failover",
    "x-holdfast-attempts": attempts.toString(),
  });
  tellDropped(reply, call);
}

/** Names the fields that who is asked now does not hear of. */
function tellDropped(reply: Reply, { chat, serving, bound }: HeldCall): void {
  const dropped = droppedFields(chat, serving, bound);
  if (dropped !== null) reply.header("x-holdfast-dropped", dropped);
  else reply.removeHeader("x-holdfast-dropped");
}

async function answerJson(gateway: Gateway, call: HeldCall, { dialect, reply }: Incoming): Promise<void> {
  const { end, cost, kept } = await askJson(gateway, call, {
    waiting: reply.raw,
    changed: () => tellWho(reply, call),
    answered: ({ body }, usage) => ({
      streamed: false,
      bytes: dialect.answer(body, toldOf(gateway, call), usage),
      tail: null,
    }),
  });
  if (end.end === "left") return void reply.hijack();
  if (kept === null) throw problemOf(end);
  if (cost) {
    reply.headers({
      "x-holdfast-cost-micros": cost.micros.toString(),
      "x-holdfast-cost-basis": cost.basis,
      "x-holdfast-price-version": call.serving.price.version,
    });
  }
  reply
    .code(200)
    .type(dialect.mediaType?.() ?? "application/json")
    .send(kept.bytes);
}

async function answerStream(gateway: Gateway, call: HeldCall, { dialect, reply }: Incoming): Promise<void> {
  const { raw } = reply;
  const relay = new StreamRelay({
    watch: gateway.watch,
    timeouts: gateway.timeouts,
    raw,
    progress: call.progress,
    voice: dialect.voice(toldOf(gateway, call)),
    keep: keepsAnswer(call) || call.caching !== null,
    open: () => openStream(reply),
  });
  const end = await ask(
    gateway,
    call,
    (candidate) => relay.run(askedOf(call, candidate), (listener) => sendCall(call, candidate, listener)),
    () => tellWho(reply, call),
  );
  if (end.firstContentMs !== null) gateway.metrics.firstContentSeconds.observe(end.firstContentMs / 1_000);
  // The caller learns of a break at once; what it cost is found out afterwards.
  const opened = relay.opened;
  if (end.end === "failed" && opened) relay.breakOff(problemOf(end).kind);
  const whole = isWhole(call, end);
  if (whole) relay.flush();
  let tail: Tail | null = null;
  const { cost } = await settleUp(gateway, call, end, (usage) => {
    if (!whole) return null;
    tail = relay.tail(usage);
    const bytes = relay.sent;
    return bytes && { streamed: true, bytes, tail };
  });
  if (end.end === "complete") relay.finish(dialect.streamEnd(cost, tail));
  else if (end.end === "left") reply.hijack();
  else if (!opened) throw problemOf(end);
}

function openStream(reply: Reply): void {
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    "content-type": "text/event-stream; charset=utf-8",
    "x-accel-buffering": "no",
  });
}

const toldOf = ({ deps }: Gateway, { chat, requestId }: HeldCall): Told => ({
  chat,
  requestId,
  now: deps.clock.now(),
});
