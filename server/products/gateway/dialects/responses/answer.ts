/** A chat's answer as a response. Pure. */
import type { Usage } from "../../../../vendors/llm/index.ts";
import type { Told } from "../dialect.ts";
import { citedIn, reasoningOf, textOr, toolCallsOf, wholeOf, type Cited, type Fields } from "../fields.ts";
import { chatUsage } from "../usage.ts";
import { detailsIn, packed } from "./thoughts.ts";

/** One thing that a model brought forth. */
export type Made =
  | { kind: "text" | "refusal"; id: string; text: string; cited?: Cited[] }
  /** `details`: where it is to be told so that it can be sent again. */
  | { kind: "reasoning"; id: string; text: string; details?: Fields[] }
  | { kind: "call"; id: string; text: string; callId: string; name: string };

export type Status = "in_progress" | "completed" | "incomplete";

/** What ids of one response end in. */
export const stemOf = ({ requestId }: Told): string => requestId.replace(/^req_/, "");

const secondsOf = (at: Date): number => Math.floor(at.getTime() / 1_000);

/** A response of which nothing is known but what was asked. */
export const headOf = (told: Told, model: string | null): Fields => ({
  id: `resp_${stemOf(told)}`,
  object: "response",
  created_at: secondsOf(told.now),
  completed_at: null,
  background: false,
  error: null,
  incomplete_details: null,
  model: model ?? told.chat.model,
  output: [],
  ...told.chat.echo,
});

/** Why the model stopped, as a response says it. */
export function endOf(finish: string | null): { status: Status; incomplete_details: Fields | null } {
  if (finish === "length")
    return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  if (finish === "content_filter")
    return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
  return { status: "completed", incomplete_details: null };
}

/** When it ended, of one that came to its end. */
export const completion = (status: Status, at: Date): Fields => ({
  completed_at: status === "completed" ? secondsOf(at) : null,
});

export function responsesUsage(usage: Usage) {
  const { prompt_tokens: input, completion_tokens: output, total_tokens: total } = chatUsage(usage);
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: usage.cacheReadTokens,
      cache_write_tokens: usage.cacheWriteTokens,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: usage.reasoningTokens },
    total_tokens: total,
  };
}

/** The part of a message that holds its text. */
export const partOf = (made: Made): Fields =>
  made.kind === "refusal"
    ? { type: "refusal", refusal: made.text }
    : { type: "output_text", text: made.text, annotations: citedOf(made).map(annotationOf), logprobs: [] };

const citedOf = (made: Made): readonly Cited[] => (made.kind === "text" ? (made.cited ?? []) : []);

export const annotationOf = ({ url, title, start, end }: Cited): Fields => ({
  type: "url_citation",
  url,
  title,
  start_index: start,
  end_index: end,
});

export const summaryOf = ({ text }: Made): Fields => ({ type: "summary_text", text });

/** The whole item. */
export function itemOf(made: Made, status: Status): Fields {
  const { id } = made;
  switch (made.kind) {
    case "reasoning":
      return {
        id,
        type: "reasoning",
        // What is told sealed has no text.
        summary: made.text === "" ? [] : [summaryOf(made)],
        ...(made.details && { encrypted_content: packed(made.details) }),
      };
    case "call":
      return {
        id,
        type: "function_call",
        status,
        call_id: made.callId,
        name: made.name,
        arguments: made.text,
      };
    default:
      return { id, type: "message", status, role: "assistant", content: [partOf(made)] };
  }
}

export function answerOf(body: Buffer, told: Told, usage: Usage): Buffer {
  const { message, finish, model } = wholeOf(body);
  const end = endOf(finish);
  const output = madeIn(message, told).map((made) => itemOf(made, end.status));
  return Buffer.from(
    JSON.stringify({
      ...headOf(told, model),
      ...end,
      ...completion(end.status, told.now),
      output,
      usage: responsesUsage(usage),
    }),
  );
}

function madeIn(message: Fields, told: Told): Made[] {
  const stem = stemOf(told);
  const plain = [
    ["text", `msg_${stem}`, textOr(message["content"], "")],
    ["refusal", `msg_${stem}_r`, textOr(message["refusal"], "")],
  ] as const;
  const text = reasoningOf(message);
  const details = told.chat.resendsThoughts ? detailsIn(message) : null;
  return [
    ...(text === "" && !details?.length
      ? []
      : [{ kind: "reasoning" as const, id: `rs_${stem}`, text, ...(details && { details }) }]),
    ...plain.flatMap(([kind, id, text]): Made[] =>
      text === "" ? [] : [{ kind, id, text, ...(kind === "text" && { cited: citedIn(message) }) }],
    ),
    ...toolCallsOf(message).map(({ id: callId, name, text }, at): Made => ({
      kind: "call",
      id: `fc_${stem}_${at}`,
      callId,
      name,
      text,
    })),
  ];
}
