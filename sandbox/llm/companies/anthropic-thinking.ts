/** Thinking, as Anthropic takes and refuses it. */
import { refuse, type Refusal } from "../answers/errors.ts";
import { isSealed, seal, signatureOf, type Thinks } from "../play/thought.ts";
import { isObject, type Body } from "../request.ts";

type Refused = { refusal: Refusal };
const bad = (message: string): Refused => refuse(400, message);

const LEAST_BUDGET = 1_024;
const UNBOUNDED = new Set(["adaptive", "between_tools"]);
/** Anthropic's own way to ask for a sealed thought. */
const SEALED = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING";

/** Tokens of thoughts where the model chooses; the others are as many as it likes. */
const THOUGHT_WITH: Readonly<Record<string, number>> = { low: 12, medium: 24 };

/** How much effort is asked for; null where nothing is said. */
export function effortIn(
  { output_config: config }: Body,
  { efforts }: { efforts: readonly string[] },
): string | null | Refused {
  if (config === undefined) return null;
  if (!isObject(config)) return bad("output_config: Input should be a valid dictionary");
  const { effort } = config;
  if (effort === undefined) return null;
  if (efforts.length === 0) return bad("This model does not support the effort parameter.");
  return efforts.includes(String(effort))
    ? String(effort)
    : bad("output_config.effort: Input should be one of the levels");
}

type Asked = {
  /** An answer is asked for, not a count. */
  bound: boolean;
  /** Of thinking that the model takes. */
  types: readonly string[];
  effort: string | null;
};

/** Null where nothing is to be thought. */
export function thinksIn(body: Body, { bound, types, effort }: Asked): Thinks | null | Refused {
  const { thinking, max_tokens: most, temperature, top_k: topK, top_p: topP, tool_choice: choice } = body;
  if (thinking === undefined) return null;
  if (!isObject(thinking)) return bad("thinking: Input should be a valid dictionary");
  const { type, budget_tokens: budget, display } = thinking;
  const enabled = type === "enabled";
  if (!enabled && type !== "disabled" && !UNBOUNDED.has(String(type)))
    return bad("thinking: Input tag does not match");
  if (!types.includes(String(type)))
    return bad(
      enabled
        ? '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.'
        : `"thinking.type.${String(type)}" is not supported for this model.`,
    );
  if (type === "disabled") return null;
  if (enabled && !(Number.isSafeInteger(budget) && Number(budget) >= LEAST_BUDGET))
    return bad("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024");
  if (enabled && bound && Number(budget) >= Number(most))
    return bad("`max_tokens` must be greater than `thinking.budget_tokens`");
  if (temperature !== undefined && temperature !== 1)
    return bad("`temperature` may only be set to 1 when thinking is enabled");
  if (topK !== undefined) return bad("`top_k` must be unset when thinking is enabled");
  if (topP !== undefined && !(Number(topP) >= 0.95))
    return bad("`top_p` must be greater than or equal to 0.95 when thinking is enabled");
  if (isObject(choice) && (choice["type"] === "any" || choice["type"] === "tool"))
    return bad("Thinking may not be enabled when tool_choice forces tool use");
  const messages = body["messages"] as Body[];
  const at = enabled ? unthought(messages) : null;
  if (at !== null)
    return bad(
      `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block`,
    );
  return {
    budget: enabled ? Number(budget) : (THOUGHT_WITH[effort ?? ""] ?? null),
    ...(display === "omitted" && { omitted: true }),
    ...(JSON.stringify(messages.at(-1)).includes(SEALED) && { redacted: seal("what is not told") }),
  };
}

const isThought = ({ type }: Body): boolean => type === "thinking" || type === "redacted_thinking";
const blocksIn = ({ content }: Body): Body[] => (Array.isArray(content) ? content.filter(isObject) : []);
const isResult = (message: Body): boolean => blocksIn(message).some(({ type }) => type === "tool_result");

/** The message with which the turn began that goes on now, where it did so without a thought. */
function unthought(messages: readonly Body[]): number | null {
  let first: number | null = null;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at] ?? {};
    if (message["role"] === "assistant") first = at;
    else if (!isResult(message)) break;
  }
  const [begin] = first === null ? [] : blocksIn(messages[first] ?? {});
  return first !== null && !(begin && isThought(begin)) ? first : null;
}

/** Thoughts that come back have to be as they went out. */
export function falseThought(messages: readonly unknown[]): Refused | null {
  for (const [at, message] of messages.entries())
    for (const [index, block] of (isObject(message) ? blocksIn(message) : []).entries()) {
      const { type, thinking, signature, data } = block;
      const where = `messages.${at}.content.${index}`;
      if (type === "thinking" && signature !== signatureOf(String(thinking)))
        return bad(`${where}: Invalid \`signature\` in \`thinking\` block`);
      if (type === "redacted_thinking" && !isSealed(String(data)))
        return bad(`${where}: Invalid \`data\` in \`redacted_thinking\` block`);
    }
  return null;
}

/** They are read again, and paid. */
export const textOfThoughts = (blocks: readonly Body[]): string =>
  blocks.flatMap(({ type, thinking }) => (type === "thinking" ? [String(thinking)] : [])).join("\n");
