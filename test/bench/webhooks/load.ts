/** The load of `acks.ts`, in a thread of its own: each connection sends the next event when the last one was answered. */
import { once } from "node:events";
import { connect } from "node:net";
import { parentPort, workerData } from "node:worker_threads";
import { chargeSucceeded, customerUpdated, sign, type EventKind } from "./events.ts";

export type LoadOptions = {
  url: string;
  secret: string;
  seconds: number;
  concurrency: number;
  /** Made in advance, so many for each second. */
  eventsPerSecond: number;
  kind: EventKind;
  /** At most so many a second, each sent at its time; a latency counts from that time. */
  perSecond?: number;
};
export type LoadResult = { acks: number; seconds: number; latenciesMs: Float64Array; refused: number };

function requests({ url, secret, seconds, eventsPerSecond, kind }: LoadOptions): Buffer[] {
  const { host, pathname } = new URL(url);
  const at = new Date();
  return Array.from({ length: Math.ceil(seconds * eventsPerSecond) }, (_, i) => {
    const body =
      kind === "customer"
        ? customerUpdated(at)
        : chargeSucceeded({ holdfastId: `other_${i}`, amountMinor: 1_000, currency: "usd", at });
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `host: ${host}`,
      "content-type: application/json; charset=utf-8",
      `content-length: ${body.length}`,
      `stripe-signature: ${sign(body, secret, at)}`,
    ];
    return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
  });
}

async function run(options: LoadOptions): Promise<LoadResult> {
  const queue = requests(options);
  const latencies: number[] = [];
  const { hostname, port } = new URL(options.url);
  let next = 0;
  let refused = 0;
  const startedAt = performance.now();
  const endsAt = startedAt + options.seconds * 1000;
  const connection = async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    const done = Promise.withResolvers<void>();
    let sentAt = 0;
    let tail = "";
    const send = () => {
      const request = queue[next];
      if (!request || performance.now() > endsAt) {
        socket.end();
        done.resolve();
        return;
      }
      const dueAt = options.perSecond ? startedAt + (next / options.perSecond) * 1000 : 0;
      next += 1;
      const wait = dueAt - performance.now();
      sentAt = dueAt || performance.now();
      if (wait > 0) setTimeout(() => socket.write(request), wait);
      else socket.write(request);
    };
    socket.on("data", (chunk) => {
      tail += chunk.toString("latin1");
      const head = tail.indexOf("\r\n\r\n");
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(tail)?.[1]);
      if (tail.length < head + 4 + length) return;
      if (tail.startsWith("HTTP/1.1 200")) latencies.push(performance.now() - sentAt);
      else refused += 1;
      tail = "";
      send();
    });
    socket.on("error", done.reject);
    send();
    await done.promise;
  };
  await Promise.all(Array.from({ length: options.concurrency }, connection));
  const seconds = (performance.now() - startedAt) / 1000;
  return { acks: latencies.length, seconds, latenciesMs: Float64Array.from(latencies).sort(), refused };
}

if (parentPort) parentPort.postMessage(await run(workerData as LoadOptions));
