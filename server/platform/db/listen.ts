import pg from "pg";

export type Listener = {
  /** NOTIFY on the channel over the same connection. Rejects while there is none. */
  notify(payload: string): Promise<void>;
  /** Gives up a connection that has gone silent; the next one follows as after a loss. */
  reset(): void;
  close(): Promise<void>;
};

/**
 * LISTEN on a channel over a connection of its own (never a pooler's). Reconnects 1 s after a loss; `onGap` tells that
 * notifications may have been missed, also at the first connect.
 */
export function listen(
  url: string,
  channel: string,
  onMessage: (payload: string) => void,
  onGap: () => void,
): Listener {
  let closed = false;
  let client: pg.Client | null = null;
  let timer: NodeJS.Timeout | undefined;

  const retry = () => {
    client = null;
    if (!closed) timer = setTimeout(open, 1_000);
  };
  const open = () => {
    const next = new pg.Client({
      connectionString: url,
      application_name: "holdfast-listen",
      // A connection that only listens learns of a silent loss from keep-alive alone.
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: 5_000,
      pipeline: true,
    });
    let failed = false;
    const fail = () => {
      if (failed) return;
      failed = true;
      next.end().then(retry, retry);
    };
    next.on("error", fail);
    next.on("end", fail);
    next.on("notification", (message) => onMessage(message.payload ?? ""));
    client = next;
    next
      .connect()
      .then(() => next.query(`listen ${pg.escapeIdentifier(channel)}`))
      .then(onGap, fail);
  };
  open();
  return {
    async notify(payload) {
      if (!client) throw new Error("not connected");
      await client.query({ name: "notify", text: "select pg_notify($1, $2)", values: [channel, payload] });
    },
    reset: () => void client?.connection.stream.destroy(),
    async close() {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}
