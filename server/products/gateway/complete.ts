import type { Call } from "../../platform/http/index.ts";
import { Problem } from "../../platform/problem.ts";
import { context } from "../../platform/telemetry/index.ts";
import type { Usage } from "../../vendors/llm/index.ts";
import { boundCost, guessTokens } from "./call/bound/bound.ts";
import { NO_USAGE, outcomeOf, tokensOf } from "./call/charge.ts";
import { cachingOf, entryOf, findAnswer } from "./cache/look-up.ts";
import { answerFromCache, takeHit, type Cached } from "./cache/serve.ts";
import type { HeldCall } from "./call/held-call.ts";
import { measure } from "./call/bound/measure.ts";
import { faults, type RelayEnd } from "./call/relay/outcome.ts";
import { fitOf, projectOf } from "./call/own-options.ts";
import { relayJson } from "./call/relay/relay-json.ts";
import { StreamRelay } from "./call/relay/relay-stream.ts";
import { droppedFields, upstreamBody } from "./call/upstream-body.ts";
import type { Dialect, Told } from "./dialects/dialect.ts";
import { hold } from "./settling/hold.ts";
import { ask } from "./routing/failover.ts";
import { checkKey, keyOf } from "./keys/idempotency.ts";
import { MOST_KEPT_BYTES, type Kept, type Tail } from "./keys/kept-answer.ts";
import { answerAgain, type Replay } from "./keys/replay.ts";
import { boundsOf } from "./limits/bound.ts";
import { takeRates } from "./limits/rates.ts";
import { gatewayProblems } from "./problems.ts";
import { routeCall } from "./routing/route-call.ts";
import { defer, settle, type Cost } from "./settling/settle.ts";
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
  const admitted = await admit(gateway, incoming);
  if ("known" in admitted) return answerAgain(gateway.deps.sealer, incoming.actor.orgId, admitted, incoming);
  if ("entry" in admitted) return answerFromCache(gateway, admitted, incoming);
  const call = admitted;
  gateway.calls.add(call);
  context()?.note("model", call.serving.model.id);
  const { reply } = incoming;
  reply.headers({
    "x-holdfast-provider": call.serving.provider.id,
    "x-holdfast-model": call.serving.model.id,
    "x-holdfast-route": call.route.why,
    "x-holdfast-attempts": "1",
    "x-holdfast-held-micros": call.bound.micros.toString(),
    ...(call.caching ? { "x-holdfast-cache": "miss" } : {}),
    ...(call.bound.fitted ? { "x-holdfast-fit-tokens": String(call.bound.maxTokens) } : {}),
  });
  tellDropped(reply, call);
  const answer = call.chat.stream ? answerStream : answerJson;
  try {
    await answer(gateway, call, incoming);
  } catch (error) {
    // After a fault of our own nobody will settle it here: its lease lapses and the reconciler does.
    if (!(error instanceof Problem)) gateway.calls.delete(call);
    throw error;
  }
}

/** Everything before the provider hears of the call. What is refused here costs nothing and is counted by its reason. */
async function admit(gateway: Gateway, incoming: Incoming): Promise<HeldCall | Replay | Cached> {
  const { actor, requestId, request, body } = incoming;
  const startedAt = performance.now();
  const { deps } = gateway;
  try {
    const chat = incoming.dialect.read(body);
    // Before anything is waited for: afterwards this call counts as well.
    if (gateway.running.size >= deps.maxOpenCalls)
      throw new Problem(gatewayProblems.no_provider_available, { retryAfter: 1 });
    const route = await routeCall(gateway, actor, chat, request.headers);
    const key = keyOf(request.headers["idempotency-key"], {
      actor,
      requestId,
      endpoint: chat.endpoint,
      bytes: body as Buffer,
      now: deps.clock.now(),
    });
    const answered = key && (await checkKey(deps.db, actor, key));
    if (answered) return answered;
    const projectId = projectOf(chat, request.headers["x-holdfast-project"]);
    const fit = fitOf(chat, request.headers["x-holdfast-fit"]);
    const caching = await cachingOf(gateway, actor, { chat, route, headers: request.headers });
    const entry = caching && (await findAnswer(gateway, actor, caching));
    if (entry)
      return await takeHit(gateway, { requestId, actor, chat, key, projectId }, entry, incoming.reply);
    const asking = { requestId, actor, chat, route, key, projectId, fit, caching, startedAt };
    const call = await holdWithin(gateway, incoming, asking);
    gateway.metrics.addedSeconds.observe((performance.now() - startedAt) / 1_000);
    return call;
  } catch (error) {
    gateway.metrics.refused.inc({ reason: error instanceof Problem ? error.kind.code : "internal" });
    throw error;
  }
}

/** Takes the rates, then the hold with its budgets: all of it or nothing. */
async function holdWithin(
  gateway: Gateway,
  { reply }: Incoming,
  asking: Omit<Parameters<typeof hold>[1], "limits" | "rates">,
): Promise<HeldCall> {
  const { actor, chat, route } = asking;
  const limits = boundsOf(actor, await gateway.policies.of(actor.orgId, actor.mode));
  const rates = await takeRates(gateway.deps.limiter.meter, {
    bounds: limits,
    tokens: limits.some(({ tpm }) => tpm !== null) ? guessTokens(boundCost(chat, route.model)) : 0,
    now: gateway.deps.clock.now(),
    header: (name, value) => void reply.header(name, value),
  });
  try {
    return await hold(gateway, { ...asking, limits, rates });
  } catch (error) {
    rates.giveBack();
    throw error;
  }
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
function tellDropped(reply: Reply, { chat, serving }: HeldCall): void {
  const dropped = droppedFields(chat, serving);
  if (dropped !== null) reply.header("x-holdfast-dropped", dropped);
  else reply.removeHeader("x-holdfast-dropped");
}

async function answerJson(gateway: Gateway, call: HeldCall, { dialect, reply }: Incoming): Promise<void> {
  const { watch, timeouts } = gateway;
  const end = await ask(
    gateway,
    call,
    (candidate) => {
      const body = upstreamBody(call.chat, candidate, call.bound);
      const { task } = call.chat;
      return relayJson({ asked: candidate.provider, task, watch, timeouts, body, raw: reply.raw });
    },
    () => tellWho(reply, call),
  );
  const { cost, kept } = await settleUp(gateway, call, end, (usage) =>
    end.end === "complete"
      ? { streamed: false, bytes: dialect.answer(end.body, toldOf(gateway, call), usage), tail: null }
      : null,
  );
  if (end.end === "left") return void reply.hijack();
  if (kept === null) throw problemOf(end);
  if (cost) {
    reply.headers({
      "x-holdfast-cost-micros": cost.micros.toString(),
      "x-holdfast-cost-basis": cost.basis,
      "x-holdfast-price-version": call.serving.price.version,
    });
  }
  reply.code(200).type("application/json").send(kept.bytes);
}

async function answerStream(gateway: Gateway, call: HeldCall, { dialect, reply }: Incoming): Promise<void> {
  const { raw } = reply;
  const relay = new StreamRelay({
    watch: gateway.watch,
    timeouts: gateway.timeouts,
    raw,
    progress: call.progress,
    voice: dialect.voice(toldOf(gateway, call)),
    keep: call.keyed || call.caching !== null,
    open: () => openStream(reply),
  });
  const end = await ask(
    gateway,
    call,
    (candidate) => relay.run(candidate.provider, upstreamBody(call.chat, candidate, call.bound)),
    () => tellWho(reply, call),
  );
  if (end.firstContentMs !== null) gateway.metrics.firstContentSeconds.observe(end.firstContentMs / 1_000);
  // The caller learns of a break at once; what it cost is found out afterwards.
  const opened = relay.opened;
  if (end.end === "failed" && opened) relay.breakOff(problemOf(end).kind);
  if (end.end === "complete") relay.flush();
  let tail: Tail | null = null;
  const { cost } = await settleUp(gateway, call, end, (usage) => {
    if (end.end !== "complete") return null;
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

/**
 * Settles what the call turned out to cost; null when that is not known yet: the reconciler finds it out. `answered` makes
 * the answer, which is kept for a caller who may ask again.
 */
async function settleUp(
  gateway: Gateway,
  call: HeldCall,
  end: RelayEnd,
  answered: (usage: Usage) => Kept | null,
): Promise<{ cost: Cost | null; kept: Kept | null }> {
  const { tokens, metrics } = gateway;
  const { provider, price } = call.serving;
  const startedAt = performance.now();
  const outcome = outcomeOf(end);
  metrics.requests.inc({ endpoint: call.chat.endpoint, outcome });
  context()?.note("outcome", outcome);
  const measuring = { llm: provider.llm, tokens, price, promptTexts: call.bound.prompt.texts };
  const charge = await measure(measuring, end);
  if (charge) call.rates.settle(tokensOf(charge.usage));
  const kept = answered(charge?.usage ?? NO_USAGE);
  if (charge === null) {
    // Nobody waits for it, and the lease makes up for a process that dies meanwhile.
    void defer(gateway, call, end);
    return { cost: null, kept };
  }
  const keeps = call.keyed && (kept?.bytes.length ?? 0) <= MOST_KEPT_BYTES;
  const cost = await settle(gateway, call, end, {
    charge,
    kept: keeps ? kept : null,
    cached: entryOf(gateway, call, kept, charge),
  });
  if (end.end === "complete") metrics.addedSeconds.observe((performance.now() - startedAt) / 1_000);
  return { cost, kept };
}

function problemOf({ fault }: RelayEnd): Problem {
  const { kind, retryAfter } = fault ?? faults.failed;
  return new Problem(kind, retryAfter === undefined ? {} : { retryAfter });
}
