import { failure, sessionHeaders } from "../../api/http.ts";
import { readSse } from "../../lib/sse.ts";

export type ChatMessage = { role: "system" | "user" | "assistant"; content: string };
export type ChatRequest = {
  model: string;
  messages: ChatMessage[];
  maxTokens: number | null;
  temperature: number | null;
};

/** What a finished call said about itself. Costs in micro-credits. */
export type ChatReport = {
  requestId: string | null;
  heldMicros: number | null;
  costMicros: number | null;
  promptTokens: number | null;
  completionTokens: number | null;
  finishReason: string | null;
  firstContentMs: number | null;
  totalMs: number;
};

export type ChatEvents = {
  /** Credits are held and the model has begun. */
  onHeld(heldMicros: number | null): void;
  onText(text: string): void;
};

type Chunk = {
  choices?: { delta?: { content?: string | null }; finish_reason?: string | null }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number; cost_micros?: number } | null;
  error?: { message?: string };
};

/** The body of the call, as any OpenAI client would send it. */
export const chatBody = ({
  model,
  messages,
  maxTokens,
  temperature,
}: ChatRequest): Record<string, unknown> => ({
  model,
  messages,
  stream: true,
  stream_options: { include_usage: true },
  ...(maxTokens === null ? {} : { max_tokens: maxTokens }),
  ...(temperature === null ? {} : { temperature }),
});

const numberIn = (value: string | null | undefined): number | null =>
  value !== null && value !== undefined && /^\d+$/.test(value) ? Number(value) : null;

/** Streams one chat call. Throws `ApiError` for a refused one, an `Error` for one that broke after it began. */
export async function streamChat(
  request: ChatRequest,
  events: ChatEvents,
  signal: AbortSignal,
): Promise<ChatReport> {
  const startedAt = performance.now();
  const response = await fetch("/api/llm/chat/completions", {
    method: "POST",
    credentials: "same-origin",
    headers: { "content-type": "application/json", accept: "text/event-stream", ...sessionHeaders("POST") },
    body: JSON.stringify(chatBody(request)),
    signal,
  });
  if (!response.ok || !response.body) throw await failure(response);
  const report: ChatReport = {
    requestId: response.headers.get("x-request-id"),
    heldMicros: numberIn(response.headers.get("x-holdfast-held-micros")),
    costMicros: null,
    promptTokens: null,
    completionTokens: null,
    finishReason: null,
    firstContentMs: null,
    totalMs: 0,
  };
  events.onHeld(report.heldMicros);
  await readSse(response.body, (message) => {
    if (message.kind === "comment") {
      report.costMicros ??= numberIn(/cost_micros[=:]\s*(\d+)/.exec(message.text)?.[1]);
    } else if (message.data !== "[DONE]") {
      take(JSON.parse(message.data) as Chunk, report, events, startedAt);
    }
  });
  report.totalMs = performance.now() - startedAt;
  return report;
}

function take(chunk: Chunk, report: ChatReport, events: ChatEvents, startedAt: number): void {
  if (chunk.error) throw new Error(chunk.error.message ?? "The model failed while answering.");
  const choice = chunk.choices?.[0];
  if (choice?.delta?.content) {
    report.firstContentMs ??= performance.now() - startedAt;
    events.onText(choice.delta.content);
  }
  if (choice?.finish_reason) report.finishReason = choice.finish_reason;
  if (chunk.usage) {
    report.promptTokens = chunk.usage.prompt_tokens ?? null;
    report.completionTokens = chunk.usage.completion_tokens ?? null;
    report.costMicros = chunk.usage.cost_micros ?? report.costMicros;
  }
}
