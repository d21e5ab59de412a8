import { Agent, request } from "undici";
import type { Fault, FaultSet, RandomStream, WebhookSender, WebhookStyle, World } from "./company.ts";
import { WEBHOOK_FAULTS } from "./faults.ts";
import type { OpenStore } from "./store.ts";

/** Deliveries of one world under way at once. */
const MAX_IN_FLIGHT = 16;
/** Of an endpoint's answer, kept for the control page. */
const MAX_ANSWER_CHARS = 2_000;
const ENQUEUE_FAULTS = ["reorder", "delay"];
const ATTEMPT_FAULTS = WEBHOOK_FAULTS.filter((kind) => !ENQUEUE_FAULTS.includes(kind));

const TABLE = `create table if not exists deliveries (
  id integer primary key, company text not null, event_id text not null, event_type text not null,
  endpoint_id text not null, state text not null, copy integer not null default 0, attempts integer not null default 0,
  due_ms integer not null, ord real not null, status integer, error text, fault text, updated_ms integer not null);
create index if not exists deliveries_due on deliveries (state, due_ms, ord, id);
create index if not exists deliveries_event on deliveries (event_id);`;

export type Delivery = {
  id: number;
  company: string;
  event_id: string;
  event_type: string;
  endpoint_id: string;
  state: "waiting" | "delivered" | "gave_up";
  copy: boolean;
  attempts: number;
  due_ms: number;
  status: number | null;
  error: string | null;
  fault: string | null;
  updated_ms: number;
};

export type OpenSender = WebhookSender & {
  /** When the next delivery falls due that is not under way; null when there is none or no free place for it. */
  nextAt(): number | null;
  /** Starts what is due, up to the limit. */
  start(): void;
  /** Starts what is due and resolves when nothing due is left or under way. */
  runDue(): Promise<void>;
  list(filter: { state?: string; event?: string; limit?: number }): Delivery[];
  /** Sends once more, whatever happened before: false when there is no such delivery. */
  resend(id: number): boolean;
  close(): Promise<void>;
};

type Deps = {
  store: OpenStore;
  faults: FaultSet;
  random: (rule: string) => RandomStream;
  style(company: string): WebhookStyle | null;
  world(): World;
  changed(): void;
};

const toDelivery = (row: Record<string, unknown>): Delivery =>
  ({ ...row, copy: row["copy"] === 1 }) as unknown as Delivery;

/** Delivers webhooks of one world: kept in its books, sent after the commit, retried until answered 2xx. */
export function openSender(deps: Deps): OpenSender {
  const { store } = deps;
  store.ensure("deliveries", TABLE);
  const agent = new Agent({ connections: MAX_IN_FLIGHT, pipelining: 1, keepAliveTimeout: 4_000 });
  const inFlight = new Map<number, Promise<void>>();
  let closed = false;

  const insert = (
    row: Omit<Delivery, "id" | "attempts" | "status" | "error" | "fault" | "updated_ms" | "state">,
    ord: number,
  ): void => {
    store.run(
      `insert into deliveries (company, event_id, event_type, endpoint_id, state, copy, due_ms, ord, updated_ms)
       values (?, ?, ?, ?, 'waiting', ?, ?, ?, ?)`,
      row.company,
      row.event_id,
      row.event_type,
      row.endpoint_id,
      row.copy ? 1 : 0,
      Math.ceil(row.due_ms),
      ord,
      deps.world().clock.now(),
    );
  };

  const settle = (
    d: Delivery,
    ok: boolean,
    status: number | null,
    error: string | null,
    faults: Fault[],
  ): void => {
    const world = deps.world();
    const now = world.clock.now();
    const style = deps.style(d.company);
    const wait = style?.retryAfterMs[d.attempts];
    const lost = faults.some((f) => f.fault === "drop" && f.params["lost"] === true);
    const over = ok || d.copy || lost || wait === undefined;
    store.run(
      `update deliveries set state = ?, attempts = attempts + 1, due_ms = ?, status = ?, error = ?, fault = ?,
       updated_ms = ? where id = ?`,
      ok ? "delivered" : over ? "gave_up" : "waiting",
      over ? d.due_ms : now + wait,
      status,
      error,
      faults.length === 0 ? null : faults.map((f) => f.fault).join(","),
      now,
      d.id,
    );
    if (over && !d.copy) {
      style?.settled(world, { eventId: d.event_id, endpointId: d.endpoint_id, delivered: ok });
    }
  };

  const attempt = async (d: Delivery): Promise<void> => {
    const world = deps.world();
    const style = deps.style(d.company);
    const faults = d.copy
      ? []
      : deps.faults.draw({ company: d.company, on: "webhook", event: d.event_type, kinds: ATTEMPT_FAULTS });
    const has = (kind: string): Fault | undefined => faults.find((f) => f.fault === kind);
    if (has("drop") !== undefined) return settle(d, false, null, "lost on the way", faults);
    const signedAt = Math.floor(Date.now() / 1000) - (has("old_timestamp") === undefined ? 0 : 3_600);
    const call = style?.request(world, { eventId: d.event_id, endpointId: d.endpoint_id, signedAt }) ?? null;
    if (style === null || call === null)
      return settle({ ...d, copy: true }, false, null, "endpoint is gone", faults);
    const duplicate = has("duplicate");
    if (duplicate !== undefined) {
      const copies = Math.min(Number(duplicate.params["n"] ?? 1), 20);
      for (let i = 0; i < copies; i++) insert({ ...d, copy: true, due_ms: world.clock.now() }, 2);
    }
    if (has("corrupt") !== undefined)
      call.body = flipByte(call.body, deps.random("corrupt").int(call.body.length));
    if (has("bad_signature") !== undefined) {
      for (const name of style.signatureHeaders) call.headers[name] = spoil(call.headers[name] ?? "");
    }
    const outcome = await post(call, style.timeoutMs);
    if (closed) return;
    settle(
      d,
      outcome.status !== null && outcome.status >= 200 && outcome.status < 300,
      outcome.status,
      outcome.error,
      faults,
    );
    record(world, d, call, outcome, faults);
  };

  const post = async (
    call: { url: string; headers: Record<string, string>; body: Buffer },
    timeoutMs: number,
  ): Promise<Outcome> => {
    const started = performance.now();
    try {
      const answer = await request(call.url, {
        method: "POST",
        headers: call.headers,
        body: call.body,
        dispatcher: agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const text = (await answer.body.text()).slice(0, MAX_ANSWER_CHARS);
      const error =
        answer.statusCode >= 200 && answer.statusCode < 300 ? null : `answered ${answer.statusCode}`;
      return { status: answer.statusCode, error, text, ms: performance.now() - started };
    } catch (cause) {
      const error = cause instanceof Error ? cause.message || cause.name : String(cause);
      return { status: null, error, text: "", ms: performance.now() - started };
    }
  };

  const start = (): void => {
    if (closed) return;
    const free = MAX_IN_FLIGHT - inFlight.size;
    if (free <= 0) return;
    const rows = store.all(
      "select * from deliveries where state = 'waiting' and due_ms <= ? order by due_ms, ord, id limit ?",
      deps.world().clock.now(),
      MAX_IN_FLIGHT + inFlight.size,
    );
    let started = 0;
    for (const row of rows) {
      const d = toDelivery(row);
      if (inFlight.has(d.id)) continue;
      if (started++ >= free) break;
      const done = attempt(d)
        .catch((cause: unknown) => {
          if (!closed) settle(d, false, null, `sandbox fault: ${String(cause)}`, []);
        })
        .finally(() => {
          inFlight.delete(d.id);
          if (!closed) deps.changed();
        });
      inFlight.set(d.id, done);
    }
  };

  return {
    send({ company, eventId, eventType, endpointId, order }) {
      const now = deps.world().clock.now();
      let due = now;
      for (const f of deps.faults.draw({ company, on: "webhook", event: eventType, kinds: ENQUEUE_FAULTS })) {
        if (f.fault === "delay") due += Number(f.params["ms"] ?? 5_000);
        else due += deps.random(`reorder:${f.id}`).int(Number(f.params["window_ms"] ?? 3_000));
      }
      const row = { company, event_id: eventId, event_type: eventType, endpoint_id: endpointId };
      insert({ ...row, copy: false, due_ms: due }, order ?? 1);
      store.afterCommit(deps.changed);
    },
    start,
    nextAt() {
      if (inFlight.size >= MAX_IN_FLIGHT) return null;
      const rows = store.all(
        "select id, due_ms from deliveries where state = 'waiting' order by due_ms, ord, id limit ?",
        inFlight.size + 1,
      );
      const next = rows.find((row) => !inFlight.has(Number(row["id"])));
      return next === undefined ? null : Number(next["due_ms"]);
    },
    async runDue() {
      start();
      while (inFlight.size > 0) {
        await Promise.race(inFlight.values());
        start();
      }
    },
    list({ state, event, limit = 100 }) {
      return store
        .all(
          `select * from deliveries where (? is null or state = ?) and (? is null or event_id = ? or event_type = ?)
           order by id desc limit ?`,
          state ?? null,
          state ?? null,
          event ?? null,
          event ?? null,
          event ?? null,
          limit,
        )
        .map(toDelivery);
    },
    resend(id) {
      const row = store.get("select * from deliveries where id = ?", id);
      if (row === null) return false;
      const d = toDelivery(row);
      const now = deps.world().clock.now();
      if (d.copy || d.state === "delivered") insert({ ...d, copy: true, due_ms: now }, 2);
      else store.run("update deliveries set state = 'waiting', due_ms = ? where id = ?", now, id);
      store.afterCommit(deps.changed);
      return true;
    },
    async close() {
      closed = true;
      await agent.destroy();
      await Promise.allSettled(inFlight.values());
    },
  };
}

type Outcome = { status: number | null; error: string | null; text: string; ms: number };

function flipByte(body: Buffer, at: number): Buffer {
  const copy = Buffer.from(body);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** Changes the last hex digit, so that the form stays right and the value is wrong. */
function spoil(signature: string): string {
  return signature.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
}

function record(
  world: World,
  d: Delivery,
  call: { url: string; headers: Record<string, string>; body: Buffer },
  outcome: Outcome,
  faults: Fault[],
): void {
  if (!world.recorder.enabled) return;
  world.recorder.add({
    at: new Date(world.clock.now()).toISOString(),
    company: d.company,
    direction: "out",
    method: "POST",
    path: call.url,
    status: outcome.status ?? 0,
    ms: Math.round(outcome.ms * 10) / 10,
    fault: faults.length === 0 ? null : faults.map((f) => f.fault).join(","),
    request: { headers: call.headers, body: call.body.toString() },
    response: { headers: {}, body: outcome.error ?? outcome.text },
  });
}
