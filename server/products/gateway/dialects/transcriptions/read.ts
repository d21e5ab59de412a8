import { createHash } from "node:crypto";
import { readMultipart, type Part } from "../../../../platform/http/index.ts";
import { Problem, common } from "../../../../platform/problem.ts";
import { containerOf, type SoundReader } from "../../../../platform/sound/index.ts";
import { bad, type Chat, type Fields, type Sound } from "../../call/chat.ts";
import { modelOf } from "../../call/read-chat.ts";
import { FORMATS } from "./formats.ts";

export const MOST_FILE_BYTES = 25 * 1024 * 1024;
const LEAST_MS = 500;
const MOST_MS = 120_000;
const MOST_TEXT_BYTES = 8_192;
const GRANULARITIES = ["segment", "word"];

/** The fields of a call as they are understood; `file` is its digest, so that two files are two calls. */
export async function readTranscription(
  form: { type: string | undefined; body: unknown },
  sounds: SoundReader,
): Promise<Chat> {
  const parts = readMultipart(form.type, Buffer.isBuffer(form.body) ? form.body : Buffer.alloc(0));
  const { texts, file, lists } = sorted(parts);
  const body: Fields = { ...fieldsOf(texts, lists), file: createHash("sha256").update(file).digest("hex") };
  const sound = await soundOf(file, sounds);
  return {
    endpoint: "audio/transcriptions",
    task: "transcription",
    body,
    bytes: Buffer.from(JSON.stringify(body)),
    repeatsFields: false,
    model: modelOf(body),
    stream: false,
    wantsUsage: false,
    choices: 1,
    maxTokens: 0,
    dropped: [...texts.keys()].filter((name) => !KNOWN.has(name) && /^[\w.-]{1,64}$/.test(name)),
    sound,
  };
}

const LIST = "timestamp_granularities[]";
const KNOWN = new Set(["model", "language", "prompt", "response_format", "temperature", "stream", "file"]);

function sorted(parts: readonly Part[]): { texts: Map<string, string>; file: Buffer; lists: string[] } {
  const texts = new Map<string, string>();
  const lists: string[] = [];
  let file: Buffer | null = null;
  for (const { name, fileName, bytes } of parts) {
    const twice = name === "file" ? file !== null : KNOWN.has(name) && texts.has(name);
    if (twice) bad(`/${name}`, "comes more than once");
    if (name === "file") file = fileName === null ? bad("/file", "must be a file") : bytes;
    else if (bytes.length > MOST_TEXT_BYTES) bad(`/${name}`, `must be at most ${MOST_TEXT_BYTES} bytes`);
    else if (name === LIST) lists.push(bytes.toString());
    else texts.set(name, bytes.toString());
  }
  return { texts, file: file ?? bad("/file", "must hold the sound"), lists };
}

function fieldsOf(texts: ReadonlyMap<string, string>, granularities: readonly string[]): Fields {
  const format = texts.get("response_format") ?? "json";
  if (!FORMATS.includes(format)) bad("/response_format", `must be one of ${FORMATS.join(", ")}`);
  if ((texts.get("stream") ?? "false") !== "false") bad("/stream", "is not taken");
  const heat = texts.get("temperature");
  if (heat !== undefined && !(heat.trim() !== "" && Number(heat) >= 0 && Number(heat) <= 1))
    bad("/temperature", "must be from 0 to 1");
  const language = texts.get("language");
  if (language !== undefined && !/^[a-z]{2,3}(-[A-Za-z]{2,4})?$/.test(language))
    bad("/language", "must be a code such as en");
  if (granularities.some((each) => !GRANULARITIES.includes(each)))
    bad("/timestamp_granularities", `must be of ${GRANULARITIES.join(", ")}`);
  if (granularities.length > 0 && format !== "verbose_json")
    bad("/timestamp_granularities", "are told in verbose_json alone");
  return {
    model: texts.get("model"),
    response_format: format,
    language,
    prompt: texts.get("prompt") || undefined,
    temperature: heat,
    ...(granularities.length > 0 && { [LIST]: [...new Set(granularities)].toSorted() }),
  };
}

/** 413 for a file that is too large, 400 for one that is no sound we know, or too short or too long. */
async function soundOf(bytes: Buffer, sounds: SoundReader): Promise<Sound> {
  if (bytes.length > MOST_FILE_BYTES) throw new Problem(common.request_too_large);
  const container = containerOf(bytes) ?? bad("/file", "must be webm, mp3, wav, m4a, ogg or flac");
  const ms = await sounds.durationMs(bytes, container);
  if (ms !== null && (ms < LEAST_MS || ms > MOST_MS)) bad("/file", "must play from 0.5 to 120 seconds");
  return { bytes, container, heldMs: ms === null ? MOST_MS : Math.ceil(ms / 1_000) * 1_000 };
}
