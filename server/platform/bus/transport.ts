import { listen } from "../db/index.ts";
import { connectRedis } from "../redis/index.ts";

/** A way for short texts between processes. It comes back by itself after a loss. */
export type Transport = {
  /** Rejects when the text did not leave. */
  send(payload: string): Promise<void>;
  /** Gives up a connection that has gone silent. */
  reset(): void;
  close(): Promise<void>;
};
/** `opened` is told after every connect, when texts arrive. */
export type Open = (hear: (payload: string) => void, opened: () => void) => Transport;

const PG_CHANNEL = "holdfast_bus";

/** NOTIFY over a direct connection; never through a transaction pooler. */
export function overPostgres(directUrl: string): Open {
  return (hear, opened) => {
    const listener = listen(directUrl, PG_CHANNEL, hear, opened);
    return {
      send: (payload) => listener.notify(payload),
      reset: () => listener.reset(),
      close: () => listener.close(),
    };
  };
}

/** PUBLISH; a connection that subscribes can do nothing else, so there are two. */
export function overRedis(url: string, prefix: string): Open {
  return (hear, opened) => {
    const channel = `${prefix}:bus`;
    const sender = connectRedis(url);
    const receiver = connectRedis(url);
    receiver.on("message", (_channel: string, payload: string) => hear(payload));
    // Subscribed again after every connect. A failure shows as beats that do not come back.
    receiver.on(
      "ready",
      () => void receiver.subscribe(channel).then(opened, () => receiver.disconnect(true)),
    );
    return {
      send: async (payload) => void (await sender.publish(channel, payload)),
      reset() {
        sender.disconnect(true);
        receiver.disconnect(true);
      },
      async close() {
        sender.disconnect();
        receiver.disconnect();
      },
    };
  };
}

export { PG_CHANNEL };
