/** The forms in which a transcription is told, written from the provider's JSON, which alone tells usage. Pure. */
import { listOf, textOr, type Fields } from "../fields.ts";

export const FORMATS: readonly string[] = ["json", "text", "srt", "verbose_json", "vtt"];

const JSON_TYPE = "application/json";
const TYPES: Readonly<Record<string, string>> = {
  json: JSON_TYPE,
  verbose_json: JSON_TYPE,
  text: "text/plain; charset=utf-8",
  srt: "text/plain; charset=utf-8",
  vtt: "text/vtt; charset=utf-8",
};
export const mediaTypeOf = (format: unknown): string => TYPES[String(format)] ?? JSON_TYPE;

/** JSON as it came; else made of its text and segments. */
export function inFormat(format: unknown, body: Buffer): Buffer {
  if (mediaTypeOf(format) === JSON_TYPE) return body;
  const answer = JSON.parse(body.toString()) as Fields;
  const text = textOr(answer["text"], "");
  if (format === "text") return Buffer.from(`${text}\n`);
  const cues = segmentsOf(answer, text);
  if (format === "vtt")
    return Buffer.from(`WEBVTT\n\n${cues.map((cue) => `${spanOf(cue, ".")}\n${cue.text}\n\n`).join("")}`);
  return Buffer.from(cues.map((cue, at) => `${at + 1}\n${spanOf(cue, ",")}\n${cue.text}\n\n`).join(""));
}

type Cue = { start: number; end: number; text: string };

/** The whole as one, where a provider does not tell segments. */
function segmentsOf(answer: Fields, text: string): Cue[] {
  const cues = listOf(answer["segments"]).map((each) => ({
    start: secondsOf(each["start"]),
    end: secondsOf(each["end"]),
    text: textOr(each["text"], "").trim(),
  }));
  return cues.length > 0 ? cues : [{ start: 0, end: secondsOf(answer["duration"]), text }];
}

const secondsOf = (value: unknown): number => (Number(value) >= 0 ? Number(value) : 0);

const spanOf = ({ start, end }: Cue, point: string): string =>
  `${stampOf(start, point)} --> ${stampOf(end, point)}`;

function stampOf(seconds: number, point: string): string {
  const ms = Math.round(seconds * 1_000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  const rest = String(ms % 1_000).padStart(3, "0");
  return `${two(ms / 3_600_000)}:${two((ms / 60_000) % 60)}:${two((ms / 1_000) % 60)}${point}${rest}`;
}
