/**
 * Requests a second and added latency of the gateway, beside a bare passthrough and Portkey's gateway: the same upstream,
 * the same load, the same cores, taking turns. Portkey comes from `test/bench/baselines`.
 */
import { existsSync } from "node:fs";
import { load, PORTKEY, startPassthrough, startPortkey, type Running } from "./processes.ts";

export type GatewayTarget = "ours" | "upstream" | "passthrough" | "portkey";
type Target = { name: GatewayTarget; url: string; headers: Record<string, string>; used?: Used };

export type GatewayBench = {
  targets: GatewayTarget[];
  /** Each target under each load for `seconds`; figures by name, e.g. `ours_sse_c64_per_second`. */
  round(seconds: number): Promise<Record<string, number>>;
  close(): Promise<void>;
};

/** CPU time used so far, in ms, by the server and by its database. */
type Used = () => { server: number; postgres: number };

export type GatewayOptions = {
  /** The server under test, with a key of an organization that has credits, and no rate limit. */
  ours: { url: string; key: string; used: Used };
  /** The provider it calls, answering at once. */
  upstream: { baseUrl: string; key: string };
};

const MODES = ["json", "sse"] as const;
const CONCURRENCIES = [1, 64];
const WARM_UP_CONCURRENCY = 32;
const MODEL = "sandbox/echo";
const PROMPT =
  "The quick brown fox jumps over the lazy dog and runs into the wood near the old mill by the river bank.";

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;

const bodyOf = (mode: (typeof MODES)[number]): string =>
  JSON.stringify({
    model: MODEL,
    messages: [{ role: "user", content: PROMPT }],
    max_tokens: 64,
    stream: mode === "sse",
  });

/** Starts what is compared with; Portkey only where it is installed. Warms everything up for `warmUpSeconds` each. */
export async function openGatewayBench(
  options: GatewayOptions,
  warmUpSeconds: number,
): Promise<GatewayBench> {
  const { ours, upstream } = options;
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const passthrough = await startPassthrough(upstream.baseUrl);
  const portkey = existsSync(PORTKEY) ? await startPortkey() : null;
  const targets: Target[] = [
    { name: "upstream", url: `${upstream.baseUrl}/chat/completions`, headers: bearer(upstream.key) },
    { name: "passthrough", url: passthrough.url, headers: bearer(upstream.key) },
    ...(portkey ? [portkeyTarget(portkey, upstream)] : []),
    { name: "ours", url: `${ours.url}/v1/chat/completions`, headers: bearer(ours.key), used: ours.used },
  ];
  for (const { url, headers } of targets)
    for (const mode of MODES)
      await load({
        url,
        headers,
        body: bodyOf(mode),
        concurrency: WARM_UP_CONCURRENCY,
        seconds: warmUpSeconds,
      });
  return {
    targets: targets.map(({ name }) => name),
    round: (seconds) => round(targets, seconds),
    async close() {
      await Promise.all([passthrough.stop(), portkey?.stop()]);
    },
  };
}

function portkeyTarget({ url }: Running, { baseUrl, key }: GatewayOptions["upstream"]): Target {
  const headers = {
    authorization: `Bearer ${key}`,
    "x-portkey-provider": "openai",
    "x-portkey-custom-host": baseUrl,
  };
  return { name: "portkey", url, headers };
}

async function round(targets: readonly Target[], seconds: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const mode of MODES)
    for (const concurrency of CONCURRENCIES)
      for (const { name, url, headers, used } of targets) {
        const before = used?.();
        const result = await load({ url, headers, body: bodyOf(mode), concurrency, seconds });
        const after = used?.();
        const row = `${name}_${mode}_c${concurrency}`;
        figures[`${row}_per_second`] = result.requests / result.seconds;
        figures[`${row}_p50_ms`] = at(result.latenciesMs, 0.5);
        figures[`${row}_p99_ms`] = at(result.latenciesMs, 0.99);
        figures[`${row}_first_p50_ms`] = at(result.firstMs, 0.5);
        figures[`${row}_failed`] = result.failed;
        if (!before || !after) continue;
        figures[`${row}_server_cpu_us`] = ((after.server - before.server) * 1_000) / result.requests;
        figures[`${row}_postgres_cpu_us`] = ((after.postgres - before.postgres) * 1_000) / result.requests;
      }
  return figures;
}
