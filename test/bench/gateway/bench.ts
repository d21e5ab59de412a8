/**
 * Requests a second and added latency of the gateway, beside a bare passthrough and Portkey's gateway: the same upstream,
 * the same load, the same cores, one after the other in one run. Portkey comes from `test/bench/baselines`.
 */
import { load, startPassthrough, startPortkey } from "./processes.ts";

export type GatewayTarget = "ours" | "passthrough" | "portkey" | "upstream";
export type GatewayRow = {
  target: GatewayTarget;
  mode: "json" | "sse";
  concurrency: number;
  perSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** To the first byte of the answer's body. */
  firstP50Ms: number;
  failed: number;
};
export type GatewayBench = {
  rows: GatewayRow[];
  /** Ours over Portkey at c=64, in requests a second. */
  jsonOverPortkey: number;
  sseOverPortkey: number;
  /** Ours less the upstream itself, at c=1, in ms. */
  addedJsonP50Ms: number;
  addedFirstContentP50Ms: number;
};

export type BenchOptions = {
  /** The server under test, with a key of an organization that has credits, and no rate limit. */
  ours: { url: string; key: string };
  /** The provider it calls, answering at once. */
  upstream: { baseUrl: string; key: string };
  seconds: number;
  targets?: readonly GatewayTarget[];
};

const MODEL = "sandbox/echo";
const PROMPT =
  "The quick brown fox jumps over the lazy dog and runs into the wood near the old mill by the river bank.";

const at = (sorted: readonly number[], part: number): number =>
  sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;

/** About `seconds` × 4 per target, plus warm-ups. */
export async function benchGateway(options: BenchOptions): Promise<GatewayBench> {
  const { ours, upstream, seconds, targets = ["upstream", "passthrough", "portkey", "ours"] } = options;
  const rows: GatewayRow[] = [];
  for (const target of targets) {
    const started =
      target === "passthrough"
        ? await startPassthrough(upstream.baseUrl)
        : target === "portkey"
          ? await startPortkey()
          : null;
    const url =
      started?.url ??
      (target === "ours" ? `${ours.url}/v1/chat/completions` : `${upstream.baseUrl}/chat/completions`);
    const headers = {
      authorization: `Bearer ${target === "ours" ? ours.key : upstream.key}`,
      ...(target === "portkey"
        ? { "x-portkey-provider": "openai", "x-portkey-custom-host": upstream.baseUrl }
        : {}),
    };
    for (const mode of ["json", "sse"] as const) {
      const messages = [{ role: "user", content: PROMPT }];
      const body = JSON.stringify({ model: MODEL, messages, max_tokens: 64, stream: mode === "sse" });
      await load({ url, headers, body, concurrency: 16, seconds: Math.min(2, seconds) });
      for (const concurrency of [1, 64]) {
        const result = await load({ url, headers, body, concurrency, seconds });
        rows.push({
          target,
          mode,
          concurrency,
          perSecond: result.requests / result.seconds,
          p50Ms: at(result.latenciesMs, 0.5),
          p99Ms: at(result.latenciesMs, 0.99),
          firstP50Ms: at(result.firstMs, 0.5),
          failed: result.failed,
        });
      }
    }
    await started?.stop();
  }
  return { rows, ...ratios(rows) };
}

function ratios(rows: readonly GatewayRow[]): Omit<GatewayBench, "rows"> {
  const find = (target: GatewayTarget, mode: "json" | "sse", concurrency: number) =>
    rows.find((row) => row.target === target && row.mode === mode && row.concurrency === concurrency);
  const over = (mode: "json" | "sse") =>
    (find("ours", mode, 64)?.perSecond ?? Number.NaN) / (find("portkey", mode, 64)?.perSecond ?? Number.NaN);
  const added = (mode: "json" | "sse", field: "p50Ms" | "firstP50Ms") =>
    (find("ours", mode, 1)?.[field] ?? Number.NaN) - (find("upstream", mode, 1)?.[field] ?? Number.NaN);
  return {
    jsonOverPortkey: over("json"),
    sseOverPortkey: over("sse"),
    addedJsonP50Ms: added("json", "p50Ms"),
    addedFirstContentP50Ms: added("sse", "firstP50Ms"),
  };
}
