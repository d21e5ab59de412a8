import { refuse, type Refusal } from "./answers/errors.ts";

type Body = Record<string, unknown>;
type Check = (value: unknown) => string | null;

const between =
  (low: number, high: number): Check =>
  (value) =>
    typeof value === "number" && value >= low && value <= high
      ? null
      : `must be a number from ${low} to ${high}`;
const integer =
  (low: number): Check =>
  (value) =>
    Number.isSafeInteger(value) && (value as number) >= low ? null : `must be an integer of at least ${low}`;
const boolean: Check = (value) => (typeof value === "boolean" ? null : "must be a boolean");
const object: Check = (value) =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? null : "must be an object";
const text =
  (longest: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= longest
      ? null
      : `must be a string of at most ${longest} characters`;
const strings: Check = (value) =>
  Array.isArray(value) && value.every((entry) => typeof entry === "string")
    ? null
    : "must be an array of strings";

/** Bounds as OpenRouter publishes them. Null and absent pass; fields not listed pass through, as there. */
const FIELDS: Readonly<Record<string, Check>> = {
  model: text(256),
  models: strings,
  stream: boolean,
  stream_options: object,
  usage: object,
  temperature: between(0, 2),
  top_p: between(0, 1),
  top_k: integer(0),
  min_p: between(0, 1),
  top_a: between(0, 1),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  repetition_penalty: between(0, 2),
  max_tokens: integer(1),
  max_completion_tokens: integer(1),
  seed: integer(Number.MIN_SAFE_INTEGER),
  top_logprobs: between(0, 20),
  logprobs: boolean,
  logit_bias: object,
  parallel_tool_calls: boolean,
  user: text(65_536),
  session_id: text(256),
  provider: object,
  reasoning: object,
  stop: (value) => {
    if (typeof value === "string") return null;
    return strings(value) === null && (value as unknown[]).length <= 4
      ? null
      : "must be a string or up to 4 strings";
  },
  metadata: (value) => {
    if (object(value) !== null) return "must be an object of strings";
    return Object.values(value as Body).every((entry) => typeof entry === "string")
      ? null
      : "must be an object of strings";
  },
};

/** What OpenRouter can do and this sandbox does not play: said plainly, never ignored. */
function notPlayed(body: Body): string | null {
  const plugins = Array.isArray(body["plugins"])
    ? (body["plugins"] as { id?: unknown; engine?: unknown }[])
    : [];
  if (plugins.some(({ id, engine = "native" }) => id !== "web" || engine !== "native")) return "plugins";
  if (Array.isArray(body["modalities"]) && body["modalities"].some((m) => m !== "text" && m !== "audio"))
    return "modalities";
  if (Array.isArray(body["transforms"]) && body["transforms"].length > 0) return "transforms";
  return null;
}

/** Checks the plain fields of a chat request; null when all is well. */
export function checkFields(body: Body): Refusal | null {
  const { messages, n } = body;
  if (messages === undefined) return refuse(400, 'Input required: specify "prompt" or "messages"').refusal;
  if (!Array.isArray(messages) || messages.length === 0) {
    return refuse(400, "Invalid input: messages must be an array of at least one message").refusal;
  }
  if (n !== undefined && n !== null && n !== 1) {
    return refuse(400, "Invalid input: n must be 1; several choices are not supported").refusal;
  }
  for (const name in body) {
    const value = body[name];
    const fault = value === null || value === undefined ? null : (FIELDS[name]?.(value) ?? null);
    if (fault !== null) return refuse(400, `Invalid input: ${name} ${fault}`).refusal;
  }
  const missing = notPlayed(body);
  return missing === null ? null : refuse(501, `sandbox_not_implemented: ${missing}`).refusal;
}
