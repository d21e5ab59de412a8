/** Sound in chats: how many tokens it counts, and what a model says aloud. */
import { Buffer } from "node:buffer";

type Body = Record<string, unknown>;
const isObject = (value: unknown): value is Body =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const HEARD_PER_SECOND = 10;
/** MPEG 1 layer III at 128 kbit/s; raw sound of 16 bits 24,000 times a second. */
const MP3_BYTES_PER_SECOND = 16_000;
const RAW_BYTES_PER_SECOND = 48_000;

/** Tokens of a part by how long it plays; null for what is no sound. */
export function heardTokens(part: unknown): number | null {
  if (!isObject(part) || typeof part["data"] !== "string" || typeof part["format"] !== "string") return null;
  const bytes = Buffer.from(part["data"], "base64");
  const seconds = secondsOf(bytes, part["format"]);
  return seconds === null ? null : Math.ceil(seconds * HEARD_PER_SECOND);
}

function secondsOf(bytes: Buffer, format: string): number | null {
  if (format === "mp3") return bytes.length / MP3_BYTES_PER_SECOND;
  if (format === "pcm16") return bytes.length / RAW_BYTES_PER_SECOND;
  if (format !== "wav" || bytes.toString("latin1", 0, 4) !== "RIFF") return null;
  const data = bytes.indexOf("data", 12, "latin1");
  return data === -1 ? null : bytes.readUInt32LE(data + 4) / bytes.readUInt32LE(28);
}

/** One token of text is said in 0.3 seconds, of 20 tokens of sound each. */
export const SPOKEN_PER_TOKEN = 6;
const BYTES_PER_TOKEN = RAW_BYTES_PER_SECOND * 0.3;

/** Silence of the right length, in base64. */
export const spokenData = (textTokens: number): string =>
  Buffer.alloc(Math.round(textTokens * BYTES_PER_TOKEN)).toString("base64");
