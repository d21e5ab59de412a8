/**
 * Signed-in people who each read a list every two seconds. A process of its own: `node readers.ts '<ReadersOptions>'`
 * prints a `ReadersResult`.
 */
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

export type ReadersOptions = { url: string; path: string; cookies: string[]; seconds: number };
export type ReadersResult = { reads: number; failed: number; p50Ms: number; p95Ms: number };

const EVERY_MS = 2_000;
const CONNECTIONS = 100;

const { url, path, cookies, seconds } = JSON.parse(process.argv[2] ?? "") as ReadersOptions;
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
const took: number[] = [];
let failed = 0;

function read(cookie: string): Promise<void> {
  const startedAt = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const sent = request(`${url}${path}`, { agent, headers: { cookie } }, (answer) => {
    answer.resume();
    answer.on("end", () => {
      took.push(performance.now() - startedAt);
      if (answer.statusCode !== 200) failed += 1;
      resolve();
    });
  });
  sent.on("error", () => {
    failed += 1;
    resolve();
  });
  sent.end();
  return promise;
}

const until = performance.now() + seconds * 1_000;
await Promise.all(
  cookies.map(async (cookie, at) => {
    await delay((at / cookies.length) * Math.min(EVERY_MS, seconds * 1_000));
    while (performance.now() < until) {
      const next = performance.now() + EVERY_MS;
      await read(cookie);
      await delay(Math.max(0, Math.min(next, until) - performance.now()));
    }
  }),
);
took.sort((a, b) => a - b);
const at = (share: number) => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? Number.NaN;
process.stdout.write(
  `${JSON.stringify({ reads: took.length, failed, p50Ms: at(0.5), p95Ms: at(0.95) } satisfies ReadersResult)}\n`,
);
agent.destroy();
