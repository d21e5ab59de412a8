/** Reads a form with a file of sound and refuses what OpenAI would refuse. */
import { parseBuffer } from "music-metadata";
import { refuse, type Refusal } from "../answers/errors.ts";
import type { SoundModel } from "./models.ts";

export type Asked = {
  model: SoundModel;
  format: string;
  bytes: Buffer;
  /** Of the sound. */
  seconds: number;
  /** What the file itself says of its words. */
  comment: string | null;
};

const MOST_BYTES = 25 * 1024 * 1024;
const LEAST_SECONDS = 0.1;
const ENDINGS = new Set(["flac", "m4a", "mp3", "mp4", "mpeg", "mpga", "oga", "ogg", "wav", "webm"]);
const FORMATS = new Set(["json", "text", "srt", "verbose_json", "vtt"]);
/** Of a file that does not tell its length: as browsers record speech. */
const BYTES_PER_SECOND = 4_000;

export async function readAsked(
  contentType: string | undefined,
  rawBody: Buffer,
  find: (id: string) => SoundModel | null,
): Promise<Asked | { refusal: Refusal }> {
  const form = await formOf(contentType, rawBody);
  if (form === null) return refuse(400, "Could not parse multipart form");
  const file = form.get("file");
  if (!(file instanceof File)) return refuse(400, "1 validation error for Request: file: field required");
  if (file.size > MOST_BYTES) return refuse(413, "Maximum content size limit (26214400) exceeded");
  const id = form.get("model");
  const model = typeof id === "string" ? find(id) : null;
  if (model === null) return refuse(400, `invalid model ID: ${String(id)}`);
  const format = form.get("response_format") ?? "json";
  if (typeof format !== "string" || !FORMATS.has(format)) return refuse(400, "invalid response_format");
  if (model.perSecond === null && format !== "json")
    return refuse(
      400,
      `response_format '${format}' is not compatible with model '${String(id)}'. Use 'json' instead.`,
    );
  if (!ENDINGS.has(file.name.slice(file.name.lastIndexOf(".") + 1).toLowerCase()))
    return refuse(
      400,
      "Invalid file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', 'ogg', 'wav', 'webm']",
    );
  const bytes = Buffer.from(await file.arrayBuffer());
  const told = await tellsOf(bytes, file.type);
  if (told === null)
    return refuse(400, "The audio file could not be decoded or its format is not supported.");
  const seconds = told.seconds ?? bytes.length / BYTES_PER_SECOND;
  if (seconds < LEAST_SECONDS)
    return refuse(400, "Audio file is too short. Minimum audio length is 0.1 seconds.");
  return { model, format, bytes, seconds, comment: told.comment };
}

async function formOf(contentType: string | undefined, body: Buffer): Promise<FormData | null> {
  try {
    const headers = { "content-type": contentType ?? "" };
    return await new Response(Uint8Array.from(body), { headers }).formData();
  } catch {
    return null;
  }
}

async function tellsOf(
  bytes: Buffer,
  mimeType: string,
): Promise<{ seconds: number | null; comment: string | null } | null> {
  try {
    const size = bytes.length;
    const { format, common } = await parseBuffer(
      bytes,
      { mimeType, size },
      { duration: true, skipCovers: true },
    );
    return { seconds: format.duration ?? null, comment: common.comment?.[0]?.text ?? null };
  } catch {
    return null;
  }
}
