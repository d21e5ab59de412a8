/** The texts of OpenRouter's chat protocol. Money is written as exact decimals, which JSON numbers may be. */
import type { Behaviour } from "./behaviour.ts";
import type { Generation } from "./bill.ts";
import { streamError } from "./errors.ts";
import type { Plan } from "./plan.ts";
import { formatUsd } from "./price.ts";

export const COMMENT = ": OPENROUTER PROCESSING\n\n";
export const DONE = "data: [DONE]\n\n";

/** `usage` of the generation as it is priced now. */
export function usageText(generation: Generation, zero: boolean): string {
  const { prompt, completion, cached } = zero ? { prompt: 0, completion: 0, cached: 0 } : generation.counts;
  const cost = zero ? 0n : generation.cost;
  const promptCost = zero ? 0n : generation.promptCost;
  return (
    `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},` +
    `"cost":${formatUsd(cost)},"is_byok":false,` +
    `"prompt_tokens_details":{"cached_tokens":${cached},"audio_tokens":0},` +
    `"cost_details":{"upstream_inference_cost":null,"upstream_inference_prompt_cost":${formatUsd(promptCost)},` +
    `"upstream_inference_completions_cost":${formatUsd(cost - promptCost)}},` +
    `"completion_tokens_details":{"reasoning_tokens":0}}`
  );
}

/** What every text of one answer begins with. */
function head(generation: Generation, object: string): string {
  const { id, provider, model, createdMs } = generation;
  return (
    `{"id":"${id}","provider":${JSON.stringify(provider)},"model":${JSON.stringify(model)},` +
    `"object":"${object}","created":${Math.floor(createdMs / 1000)}`
  );
}

export function jsonText(generation: Generation, plan: Plan, behaviour: Behaviour): string {
  const usage =
    behaviour.usage === "none" ? "" : `,"usage":${usageText(generation, behaviour.usage === "zero")}`;
  return (
    `${head(generation, "chat.completion")},"system_fingerprint":null,"choices":[{"index":0,"logprobs":null,` +
    `"finish_reason":"${plan.finish}","native_finish_reason":"${plan.nativeFinish}",` +
    `"message":${plan.message}}]${usage}}`
  );
}

/** Writes the chunks of one stream. */
export type Chunks = {
  preamble(): string;
  /** `usage` is added by models that report it with every chunk. */
  content(delta: string, usage: string | null): string;
  /** The finish reason, then usage as the plan of misbehaviour has it; `[DONE]` is not in it. */
  finish(plan: Plan): string;
  usage(): string;
  error(status: number): string;
  broken(): string;
};

export function chunksOf(generation: Generation, behaviour: Behaviour): Chunks {
  const start = `data: ${head(generation, "chat.completion.chunk")},"choices":[`;
  const choice = (delta: string, finish: string, native: string): string =>
    `{"index":0,"delta":${delta},"finish_reason":${finish},"native_finish_reason":${native},"logprobs":null}`;
  const empty = `{"role":"assistant","content":""}`;
  return {
    preamble: () => `${start}${choice(empty, "null", "null")}]}\n\n`,
    content: (delta, usage) =>
      `${start}${choice(delta, "null", "null")}]${usage === null ? "" : `,"usage":${usage}`}}\n\n`,
    finish: (plan) => `${start}${choice(empty, `"${plan.finish}"`, `"${plan.nativeFinish}"`)}]}\n\n`,
    usage() {
      if (behaviour.usage === "none") return "";
      const chunk = `${start}],"usage":${usageText(generation, behaviour.usage === "zero")}}\n\n`;
      return behaviour.usage === "doubled" ? chunk + chunk : chunk;
    },
    error(status) {
      const text = `${start}${choice(`{"content":""}`, `"error"`, `"error"`)}],"error":`;
      return `${text}${JSON.stringify(streamError(status))}}\n\n`;
    },
    broken: () => `${start}{"index":0,"delta":{"content":"unfin\n\n`,
  };
}
