import type { CallListener, Form, OpenCall } from "../../../vendors/llm/index.ts";
import type { Candidate } from "../models/catalogue.ts";
import type { Chat, Sound } from "./chat.ts";
import type { HeldCall } from "./held-call.ts";
import { upstreamBody } from "./upstream-body.ts";

/** Sends a held call to this candidate, as its task is asked for there. */
export function sendCall(
  { chat, bound }: Pick<HeldCall, "chat" | "bound">,
  candidate: Candidate,
  listener: CallListener,
): OpenCall {
  const { llm } = candidate.provider;
  if (chat.sound) return llm.transcribe(formOf(chat, chat.sound, candidate), listener);
  const body = upstreamBody(chat, candidate, bound);
  if (chat.task === "embedding") return llm.embed(body, listener);
  return llm.chat(body, listener, { ways: candidate.thinking, finds: chat.endpoint === "messages" });
}

/** Told in segments. */
const IN_SEGMENTS = new Set(["verbose_json", "srt", "vtt"]);

/** Always JSON, which alone tells usage; the file's own name stays here. */
function formOf({ body }: Chat, { bytes, container }: Sound, { upstreamModel }: Candidate): Form {
  const { file: _file, model: _model, response_format: format, ...rest } = body;
  const fields = Object.entries(rest).flatMap(([name, value]) =>
    (Array.isArray(value) ? (value as unknown[]) : [value]).flatMap((each) =>
      typeof each === "string" ? [[name, each] as const] : [],
    ),
  );
  const asked = IN_SEGMENTS.has(String(format)) ? "verbose_json" : "json";
  return {
    fields: [["model", upstreamModel], ["response_format", asked], ...fields],
    file: { name: `sound.${container.extension}`, mediaType: container.mediaType, bytes },
  };
}
