/** OpenAI's transcriptions: a form with a file in, JSON, text or subtitles out. */
import type { SoundReader } from "../../../../platform/sound/index.ts";
import { endOfStream } from "../../keys/kept-answer.ts";
import type { Dialect } from "../dialect.ts";
import { inFormat, mediaTypeOf } from "./formats.ts";
import { readTranscription } from "./read.ts";

/** Of one call, whose form is of this content type. */
export function transcriptionDialect(type: string | undefined, sounds: SoundReader): Dialect {
  let format: unknown = null;
  return {
    async read(body) {
      const chat = await readTranscription({ type, body }, sounds);
      format = chat.body["response_format"];
      return chat;
    },
    answer: (body, { chat }) => inFormat(chat.body["response_format"], body),
    mediaType: () => mediaTypeOf(format),
    voice() {
      throw new Error("transcriptions do not come in streams");
    },
    streamEnd: endOfStream,
  };
}
