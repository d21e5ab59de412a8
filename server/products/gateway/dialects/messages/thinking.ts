/** Thoughts, in Anthropic's words and in a chat's. Pure. */
import { anthropicDetail, THOUGHTS_FORMAT } from "../../../../vendors/llm/index.ts";
import { absent, objectOf } from "../../call/read-chat.ts";
import { bad, listOf, reasoningOf, textAt, textOr, type Fields } from "../fields.ts";

const LEAST_BUDGET = 1_024;
const LEAST_TOP_P = 0.95;
/** How much it thinks is the model's own choice. */
const UNBOUNDED = new Set(["adaptive", "between_tools"]);
const DISPLAYS = new Set<unknown>(["summarized", "omitted"]);

/** Anthropic's own words, beside OpenRouter's for the others; a budget is a part of the answer's maximum. 400 as there. */
export function thinkingOf(body: Fields, maxTokens: number | null): Fields {
  const thinking = objectOf(body, "thinking");
  if (thinking === null) return {};
  const { type, budget_tokens: budget, display } = thinking;
  if (type === "disabled") return { thinking: { type } };
  if (!absent(display) && !DISPLAYS.has(display)) bad("/thinking/display", "must be summarized or omitted");
  const shown = absent(display) ? {} : { display };
  const hidden = display === "omitted" ? { exclude: true } : {};
  refuseBeside(body);
  if (UNBOUNDED.has(String(type)))
    return { thinking: { type, ...shown }, reasoning: { enabled: true, ...hidden } };
  if (type !== "enabled")
    return bad("/thinking/type", "must be enabled, disabled, adaptive or between_tools");
  if (!Number.isSafeInteger(budget) || Number(budget) < LEAST_BUDGET)
    return bad("/thinking/budget_tokens", `must be an integer from ${LEAST_BUDGET}`);
  if (maxTokens !== null && Number(budget) >= maxTokens)
    return bad("/thinking/budget_tokens", "must be less than max_tokens");
  return {
    thinking: { type, budget_tokens: budget, ...shown },
    reasoning: { max_tokens: budget, ...hidden },
  };
}

/** What does not go with thoughts. */
function refuseBeside({ temperature, top_k: topK, top_p: topP, tool_choice: choice }: Fields): void {
  if (!absent(temperature) && temperature !== 1) bad("/temperature", "must be 1 beside thinking");
  if (!absent(topK)) bad("/top_k", "is not taken beside thinking");
  if (typeof topP === "number" && topP < LEAST_TOP_P)
    bad("/top_p", `must be at least ${LEAST_TOP_P} beside thinking`);
  const forced = (choice as Fields | null | undefined)?.["type"];
  if (forced === "any" || forced === "tool") bad("/tool_choice/type", "must be auto or none beside thinking");
}

const EFFORTS = new Set(["low", "medium", "high", "xhigh", "max"]);

/** How much the whole answer may take, which nobody else has a word for. */
export function effortOf(body: Fields): Fields {
  const effort = objectOf(body, "output_config")?.["effort"];
  if (absent(effort)) return {};
  if (!EFFORTS.has(textAt(effort, "/output_config/effort")))
    bad("/output_config/effort", "must be low, medium, high, xhigh or max");
  return { output_config: { effort } };
}

/** A block of what it thought before; null for one that nobody could read again, since nobody signed it. */
export function detailOf(block: Fields, at: string, index: number): Fields | null {
  if (block["type"] === "redacted_thinking")
    return anthropicDetail(index, { data: textAt(block["data"], `${at}/data`) });
  const text = textAt(block["thinking"], `${at}/thinking`);
  const signature = textAt(block["signature"] ?? "", `${at}/signature`);
  return signature === "" ? null : anthropicDetail(index, { text, signature });
}

/** One thought of an answer, or a piece of one of a stream. */
export type Thought =
  | { kind: "thinking"; index: unknown; text: string; signature: string }
  | { kind: "redacted"; data: string };

/** What a message or delta says of thoughts: in full where it tells them so, else their text, which nobody signed. */
export function thoughtsIn(said: Fields): Thought[] {
  const thoughts = listOf(said["reasoning_details"]).flatMap(thoughtOf);
  const text = reasoningOf(said);
  if (text === "" || thoughts.some(({ kind }) => kind === "thinking")) return thoughts;
  return [{ kind: "thinking", index: null, text, signature: "" }, ...thoughts];
}

function thoughtOf(detail: Fields): Thought[] {
  const { type, format, index = null } = detail;
  if (type === "reasoning.encrypted")
    return format === THOUGHTS_FORMAT && typeof detail["data"] === "string"
      ? [{ kind: "redacted", data: detail["data"] }]
      : [];
  const text = textOr(type === "reasoning.summary" ? detail["summary"] : detail["text"], "");
  const signed = type === "reasoning.text" && (absent(format) || format === THOUGHTS_FORMAT);
  const signature = signed ? textOr(detail["signature"], "") : "";
  return text === "" && signature === "" ? [] : [{ kind: "thinking", index, text, signature }];
}
