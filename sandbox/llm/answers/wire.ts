/** The texts of the chat protocol, as OpenRouter and OpenAI speak it. Money is written as exact decimals, which JSON numbers may be. */
import type { Behaviour } from "../play/behaviour.ts";
import { thoughtIn, type Generation } from "../bills/bill.ts";
import { streamError } from "./errors.ts";
import type { Plan } from "../play/plan.ts";
import { formatUsd } from "../models/price.ts";

/** What a company adds to the bare protocol. */
export type Manner = {
  /** OpenRouter's own members: who served, native finish reasons, cost and its details. */
  own: boolean;
  /** The member of `usage` that holds the cost in USD; null: it is not told. */
  cost: "cost" | "total_cost" | null;
  /** Usage is told in the answer at all. */
  tells: boolean;
  /** A streamed answer tells usage only to those who ask. */
  onRequest: boolean;
};

export const COMMENT = ": OPENROUTER PROCESSING\n\n";
export const DONE = "data: [DONE]\n\n";

/** `usage` of the generation as it is priced now. */
export function usageText(generation: Generation, zero: boolean, manner: Manner): string {
  const { prompt, completion, cached } = zero ? { prompt: 0, completion: 0, cached: 0 } : generation.counts;
  const cost = zero ? 0n : generation.cost;
  const promptCost = zero ? 0n : generation.promptCost;
  const thought = zero ? 0 : thoughtIn(generation);
  const { searches, imageTokens, audioIn = 0, audioOut = 0 } = generation.counts;
  const told = (count: number): number => (zero ? 0 : count);
  const images = imageTokens === undefined ? "" : `,"image_tokens":${told(imageTokens)}`;
  const details = `"prompt_tokens_details":{"cached_tokens":${cached},"audio_tokens":${told(audioIn)}${images}},`;
  const searched =
    searches === undefined ? "" : `,"server_tool_use_details":{"web_search_requests":${told(searches)}}`;
  if (!manner.own) {
    const figure = manner.cost === null ? "" : `"${manner.cost}":${formatUsd(cost)},`;
    return (
      `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},${figure}` +
      details +
      `"completion_tokens_details":{"reasoning_tokens":${thought},"audio_tokens":${told(audioOut)},"accepted_prediction_tokens":0,` +
      `"rejected_prediction_tokens":0}}`
    );
  }
  return (
    `{"prompt_tokens":${prompt},"completion_tokens":${completion},"total_tokens":${prompt + completion},` +
    `"cost":${formatUsd(cost)},"is_byok":false,` +
    details +
    `"cost_details":{"upstream_inference_cost":null,"upstream_inference_prompt_cost":${formatUsd(promptCost)},` +
    `"upstream_inference_completions_cost":${formatUsd(cost - promptCost)}},` +
    `"completion_tokens_details":{"reasoning_tokens":${thought}${audioOut === 0 ? "" : `,"audio_tokens":${told(audioOut)}`}}${searched}}`
  );
}

/** What every text of one answer begins with. */
function head(generation: Generation, object: string, { own }: Manner): string {
  const { id, provider, model, createdMs } = generation;
  return (
    `{"id":"${id}",${own ? `"provider":${JSON.stringify(provider)},` : ""}"model":${JSON.stringify(model)},` +
    `"object":"${object}","created":${Math.floor(createdMs / 1000)}`
  );
}

export function jsonText(generation: Generation, plan: Plan, behaviour: Behaviour, manner: Manner): string {
  const told = manner.tells && behaviour.usage !== "none";
  const usage = told ? `,"usage":${usageText(generation, behaviour.usage === "zero", manner)}` : "";
  const native = manner.own ? `"native_finish_reason":"${plan.nativeFinish}",` : "";
  return (
    `${head(generation, "chat.completion", manner)},"system_fingerprint":${manner.own ? "null" : `"fp_sandbox"`},"choices":[{"index":0,` +
    `"logprobs":null,"finish_reason":"${plan.finish}",${native}` +
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
  /** `usage` as it is by now, for a chunk that brings it along; null where none is told. */
  usageSoFar(): string | null;
  error(status: number): string;
  broken(): string;
};

export function chunksOf(generation: Generation, behaviour: Behaviour, manner: Manner): Chunks {
  const start = `data: ${head(generation, "chat.completion.chunk", manner)},"choices":[`;
  const choice = (delta: string, finish: string, native: string): string => {
    const own = manner.own ? `,"native_finish_reason":${native}` : "";
    return `{"index":0,"delta":${delta},"finish_reason":${finish}${own},"logprobs":null}`;
  };
  const empty = `{"role":"assistant","content":""}`;
  return {
    preamble: () => `${start}${choice(empty, "null", "null")}]}\n\n`,
    content: (delta, usage) =>
      `${start}${choice(delta, "null", "null")}]${usage === null ? "" : `,"usage":${usage}`}}\n\n`,
    finish: (plan) =>
      `${start}${choice(JSON.stringify({ role: "assistant", content: "", ...plan.last }), `"${plan.finish}"`, `"${plan.nativeFinish}"`)}]}\n\n`,
    usage() {
      if (behaviour.usage === "none" || !manner.tells) return "";
      const chunk = `${start}],"usage":${usageText(generation, behaviour.usage === "zero", manner)}}\n\n`;
      return behaviour.usage === "doubled" ? chunk + chunk : chunk;
    },
    usageSoFar: () => (manner.tells ? usageText(generation, false, manner) : null),
    error(status) {
      if (!manner.own) return `data: ${errorOf(status)}\n\n`;
      const text = `${start}${choice(`{"content":""}`, `"error"`, `"error"`)}],"error":`;
      return `${text}${JSON.stringify(streamError(status))}}\n\n`;
    },
    broken: () => `${start}{"index":0,"delta":{"content":"unfin\n\n`,
  };
}

/** OpenAI's error as an event of its own. */
function errorOf(status: number): string {
  const { message } = streamError(status);
  return JSON.stringify({ error: { message, type: "server_error", param: null, code: null } });
}
