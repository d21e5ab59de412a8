import { randomUUID } from "node:crypto";
import type { Db, Tx } from "../db/index.ts";
import { assert } from "../problem.ts";
import type { Logger, Metrics } from "../telemetry/index.ts";
import { type LineState, openLines } from "./lines.ts";
import { createPeers } from "./peers.ts";
import { PG_CHANNEL } from "./transport.ts";

/** Of one text; PostgreSQL takes 7,999 with what goes before it. */
export const MESSAGE_BYTES = 7_700;

export type Bus = {
  /** To this process at once, to the others within milliseconds. Failures are logged; who must not miss it: `onGap`. */
  publish(channel: string, text: string): void;
  /** Leaves with the commit of `tx` or not at all, whatever happens to this process afterwards. */
  publishWith(tx: Tx, channel: string, text: string): Promise<void>;
  /** `lagMs` is 0 for what this process sent itself. Returns the way to leave. */
  subscribe(channel: string, hear: (text: string, lagMs: number) => void): () => void;
  /** Nothing that was sent is missing here. */
  healthy(): boolean;
  /** Something may be missing. Returns the way to leave. */
  onGap(fn: () => void): () => void;
  /** Live processes that answer requests, this one included. */
  processes(): number;
  /** Each line and how long its last beat took, null while it is down. */
  lines(): LineState[];
  /** What was published leaves first. */
  close(): Promise<void>;
};

export type BusDeps = {
  db: Db;
  /** Past any transaction pooler. */
  directUrl: string;
  redis?: { url: string; prefix: string } | null;
  /** This process answers requests; one that only works does not count in `processes()`. */
  serving?: boolean;
  logger: Logger;
  metrics?: Metrics;
};

type Heard = (text: string, lagMs: number) => void;

/** One bus per process. */
export function createBus(deps: BusDeps): Bus {
  const { db, logger } = deps;
  const self = randomUUID();
  const heard = new Map<string, Set<Heard>>();
  const gaps = new Set<() => void>();
  const leaving = new Set<Promise<void>>();
  const peers = createPeers(self, deps.serving ?? true);

  const deliver = (channel: string, text: string, lagMs: number) => {
    for (const hear of heard.get(channel) ?? []) hear(text, lagMs);
  };
  const lines = openLines(deps, {
    beat: peers.beat,
    hear(payload) {
      if (peers.heard(payload)) return;
      const end = payload.indexOf("\n");
      const [kind, from, at, channel = ""] = payload.slice(0, Math.max(0, end)).split(" ");
      if (kind === "m" && from !== self)
        deliver(channel, payload.slice(end + 1), Math.max(0, Date.now() - Number(at)));
    },
    onGap: () => gaps.forEach((tell) => tell()),
  });
  const wrap = (channel: string, text: string) => {
    assert(Buffer.byteLength(text) <= MESSAGE_BYTES, `a message of ${channel} is small enough`);
    return `m ${self} ${Date.now()} ${channel}\n${text}`;
  };
  const spread = async (payload: string) => {
    if (!(await lines.send(payload))) await db.pool.query("select pg_notify($1, $2)", [PG_CHANNEL, payload]);
  };
  return {
    publish(channel, text) {
      const payload = wrap(channel, text);
      deliver(channel, text, 0);
      const sent = spread(payload)
        .catch((err: unknown) => logger.warn({ err, channel }, "bus message not sent"))
        .finally(() => leaving.delete(sent));
      leaving.add(sent);
    },
    async publishWith(tx, channel, text) {
      const payload = wrap(channel, text);
      tx.afterCommit(() => deliver(channel, text, 0));
      await tx.query("bus_notify", "select pg_notify($1, $2)", [PG_CHANNEL, payload]);
    },
    subscribe(channel, hear) {
      const all = heard.get(channel) ?? new Set();
      heard.set(channel, all.add(hear));
      return () => void all.delete(hear);
    },
    healthy: lines.alive,
    onGap(fn) {
      gaps.add(fn);
      return () => void gaps.delete(fn);
    },
    processes: () => peers.count(),
    lines: lines.state,
    async close() {
      await Promise.all(leaving);
      await lines.close(peers.goodbye);
    },
  };
}
