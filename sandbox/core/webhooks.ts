import { Agent, request } from "undici";
import type {
  Fault,
  FaultSet,
  RandomStream,
  WebhookCall as Call,
  WebhookSender,
  WebhookStyle,
  World,
} from "./company.ts";
import { Deliveries, type Delivery } from "./deliveries.ts";
import { WEBHOOK_FAULTS } from "./faults.ts";
import type { OpenStore } from "./store.ts";

/** Deliveries of one world under way at once. */
const MAX_IN_FLIGHT = 16;
/** Of an endpoint's answer, kept for the control page. */
const MAX_ANSWER_CHARS = 2_000;
const ENQUEUE_FAULTS = ["reorder", "delay"];
const ATTEMPT_FAULTS = WEBHOOK_FAULTS.filter((kind) => !ENQUEUE_FAULTS.includes(kind));
/** Extra copies go out after what was already waiting. */
const LAST = 2;

type Deps = {
  store: OpenStore;
  faults: FaultSet;
  random: (rule: string) => RandomStream;
  style(company: string): WebhookStyle | null;
  world(): World;
  changed(): void;
};
type Outcome = { status: number | null; error: string | null; text: string; ms: number };

const isOk = (status: number | null): boolean => status !== null && status >= 200 && status < 300;
const names = (faults: Fault[]): string | null =>
  faults.length === 0 ? null : faults.map((fault) => fault.fault).join(",");

/** Delivers the webhooks of one world: kept in its books, sent after the commit, retried until answered 2xx. */
export class OpenSender implements WebhookSender {
  readonly #deps: Deps;
  readonly #deliveries: Deliveries;
  readonly #agent = new Agent({ connections: MAX_IN_FLIGHT, pipelining: 1, keepAliveTimeout: 4_000 });
  readonly #inFlight = new Map<number, Promise<void>>();
  #closed = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#deliveries = new Deliveries(deps.store);
  }

  send({ company, eventId, eventType, endpointId, order }: Parameters<WebhookSender["send"]>[0]): void {
    const { faults, random, store } = this.#deps;
    const now = this.#now();
    let due = now;
    for (const f of faults.draw({ company, on: "webhook", event: eventType, kinds: ENQUEUE_FAULTS })) {
      if (f.fault === "delay") due += Number(f.params["ms"] ?? 5_000);
      else due += random(`reorder:${f.id}`).int(Number(f.params["window_ms"] ?? 3_000));
    }
    const row = { company, event_id: eventId, event_type: eventType, endpoint_id: endpointId };
    this.#deliveries.insert({ ...row, copy: false, due_ms: due }, order ?? 1, now);
    store.afterCommit(this.#deps.changed);
  }

  /** When the next delivery falls due that is not under way; null when there is none or no free place for it. */
  nextAt(): number | null {
    if (this.#inFlight.size >= MAX_IN_FLIGHT) return null;
    const next = this.#deliveries
      .waiting(this.#inFlight.size + 1)
      .find((waiting) => !this.#inFlight.has(waiting.id));
    return next?.dueMs ?? null;
  }

  /** Starts what is due, up to the limit. */
  start(): void {
    if (this.#closed) return;
    const free = MAX_IN_FLIGHT - this.#inFlight.size;
    if (free <= 0) return;
    // Those under way still stand as waiting; with one place free, one of so many at least is new.
    const due = this.#deliveries.due(this.#now(), MAX_IN_FLIGHT);
    for (const delivery of due.filter((each) => !this.#inFlight.has(each.id)).slice(0, free)) {
      this.#inFlight.set(delivery.id, this.#run(delivery));
    }
  }

  /** Starts what is due and resolves when nothing due is left or under way. */
  async runDue(): Promise<void> {
    this.start();
    while (this.#inFlight.size > 0) {
      await Promise.race(this.#inFlight.values());
      this.start();
    }
  }

  list(filter: { state?: string; event?: string; limit?: number }): Delivery[] {
    return this.#deliveries.list(filter);
  }

  /** Sends once more, whatever happened before: false when there is no such delivery. */
  resend(id: number): boolean {
    const delivery = this.#deliveries.find(id);
    if (delivery === null) return false;
    const now = this.#now();
    if (delivery.copy || delivery.state === "delivered") {
      this.#deliveries.insert({ ...delivery, copy: true, due_ms: now }, LAST, now);
    } else this.#deliveries.retryAt(id, now);
    this.#deps.store.afterCommit(this.#deps.changed);
    return true;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#agent.destroy();
    await Promise.allSettled(this.#inFlight.values());
  }

  #now(): number {
    return this.#deps.world().clock.now();
  }

  async #run(delivery: Delivery): Promise<void> {
    try {
      await this.#attempt(delivery);
    } catch (cause) {
      if (!this.#closed)
        this.#settle(delivery, { status: null, error: `sandbox fault: ${String(cause)}` }, []);
    } finally {
      this.#inFlight.delete(delivery.id);
      if (!this.#closed) this.#deps.changed();
    }
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { faults: rules, random, style: styleOf } = this.#deps;
    const world = this.#deps.world();
    const style = styleOf(delivery.company);
    const subject = { company: delivery.company, on: "webhook" as const, event: delivery.event_type };
    const own = style?.faults ?? [];
    const faults = delivery.copy ? [] : rules.draw({ ...subject, kinds: [...ATTEMPT_FAULTS, ...own] });
    const has = (kind: string): Fault | undefined => faults.find((fault) => fault.fault === kind);
    if (has("drop") !== undefined) {
      return this.#settle(delivery, { status: null, error: "lost on the way" }, faults);
    }
    const old = has("old_timestamp");
    const age = old === undefined ? 0 : Number(old.params["seconds"] ?? 3_600);
    const signedAt = Math.floor(Date.now() / 1000) - age;
    const fault = faults.find((each) => own.includes(each.fault)) ?? null;
    const wanted = { eventId: delivery.event_id, endpointId: delivery.endpoint_id, signedAt, fault };
    const call = (await style?.request(world, wanted)) ?? null;
    if (this.#closed) return;
    if (style === null || call === null) {
      return this.#settle({ ...delivery, copy: true }, { status: null, error: "endpoint is gone" }, faults);
    }
    this.#copy(delivery, has("duplicate"));
    if (has("corrupt") !== undefined) {
      call.body = flipByte(call.body, random("corrupt").int(call.body.length));
    }
    if (has("bad_signature") !== undefined) {
      for (const name of style.signatureHeaders) call.headers[name] = spoil(call.headers[name] ?? "");
    }
    const outcome = await this.#post(call, style.timeoutMs);
    if (this.#closed) return;
    this.#settle(delivery, outcome, faults);
    record(world, delivery, call, outcome, names(faults));
  }

  #copy(delivery: Delivery, duplicate: Fault | undefined): void {
    if (duplicate === undefined) return;
    const now = this.#now();
    for (let i = 0; i < Math.min(Number(duplicate.params["n"] ?? 1), 20); i++) {
      this.#deliveries.insert({ ...delivery, copy: true, due_ms: now }, LAST, now);
    }
  }

  async #post(call: Call, timeoutMs: number): Promise<Outcome> {
    const started = performance.now();
    try {
      const answer = await request(call.url, {
        method: "POST",
        headers: call.headers,
        body: call.body,
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = (await answer.body.text()).slice(0, MAX_ANSWER_CHARS);
      const error = isOk(answer.statusCode) ? null : `answered ${answer.statusCode}`;
      return { status: answer.statusCode, error, text, ms: performance.now() - started };
    } catch (cause) {
      const error = cause instanceof Error ? cause.message || cause.name : String(cause);
      return { status: null, error, text: "", ms: performance.now() - started };
    }
  }

  #settle(delivery: Delivery, outcome: Pick<Outcome, "status" | "error">, faults: Fault[]): void {
    const world = this.#deps.world();
    const now = this.#now();
    const style = this.#deps.style(delivery.company);
    const wait = style?.retryAfterMs[delivery.attempts];
    const lost = faults.some((fault) => fault.fault === "drop" && fault.params["lost"] === true);
    const ok = isOk(outcome.status);
    const over = ok || delivery.copy || lost || wait === undefined;
    const attempt = {
      state: ok ? ("delivered" as const) : over ? ("gave_up" as const) : ("waiting" as const),
      dueMs: over ? delivery.due_ms : now + wait,
      status: outcome.status,
      error: outcome.error,
      fault: names(faults),
    };
    this.#deliveries.record(delivery.id, attempt, now);
    if (!over || delivery.copy) return;
    style?.settled(world, { eventId: delivery.event_id, endpointId: delivery.endpoint_id, delivered: ok });
  }
}

function flipByte(body: Buffer, at: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** Changes one digit, hex or base64, so that the form stays right and the value is wrong; the last ones may hold spare bits. */
function spoil(signature: string): string {
  return signature.replace(/.(?=.{3}=*$)/, (digit) => (digit === "0" ? "1" : "0"));
}

function record(world: World, delivery: Delivery, call: Call, outcome: Outcome, fault: string | null): void {
  if (!world.recorder.enabled) return;
  world.recorder.add({
    at: new Date(world.clock.now()).toISOString(),
    company: delivery.company,
    direction: "out",
    method: "POST",
    path: call.url,
    status: outcome.status ?? 0,
    ms: Math.round(outcome.ms * 10) / 10,
    fault,
    request: { headers: call.headers, body: call.body.toString() },
    response: { headers: {}, body: outcome.error ?? outcome.text },
  });
}
