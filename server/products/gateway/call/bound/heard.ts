/** Sound in the prompt of a chat, and in its answer: what most likely was used of it, where nobody says so. */
import { containerOf, type SoundReader } from "../../../../platform/sound/index.ts";
import { isFields, type Chat, type Fields } from "../chat.ts";
import { TYPICAL_PER_SECOND } from "./sound.ts";

const MS = 1_000;
/** Sound without a container: 16 bits 24,000 times a second. */
const RAW_BYTES_PER_MS = 48;
/** Of a file that does not tell its length: as much as is usual for speech and music. */
const PACKED_BYTES_PER_MS = 16;
/** Speech takes 20 tokens a second, in which three to four tokens of text are said. */
const SPOKEN_PER_TOKEN = 6;

const listOf = (value: unknown): Fields[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isFields) : [];

/** Where a message holds sound, its own of before included; null for none. */
export function soundIn(messages: unknown): string | null {
  for (const [at, { content, audio }] of listOf(messages).entries()) {
    const part = listOf(content).findIndex(({ type }) => type === "input_audio");
    if (part !== -1) return `/messages/${at}/content/${part}`;
    if (isFields(audio)) return `/messages/${at}/audio`;
  }
  return null;
}

/** Tokens of the sound in a prompt, by how long it plays. */
export async function heardTokens({ body }: Pick<Chat, "body">, sounds: SoundReader): Promise<number> {
  let tokens = 0;
  for (const { content } of listOf(body["messages"]))
    for (const { input_audio: sound } of listOf(content)) {
      if (!isFields(sound)) continue;
      const bytes = Buffer.from(String(sound["data"]), "base64");
      const container = containerOf(bytes);
      const told = container && (await sounds.durationMs(bytes, container));
      const ms = told ?? bytes.length / (container ? PACKED_BYTES_PER_MS : RAW_BYTES_PER_MS);
      tokens += Math.ceil((ms / MS) * TYPICAL_PER_SECOND);
    }
  return tokens;
}

/** An answer that was spoken, by what it says: all its tokens, and those of sound. */
export const spokenOf = (textTokens: number): { output: number; audioOutTokens: number } => ({
  output: textTokens * (SPOKEN_PER_TOKEN + 1),
  audioOutTokens: textTokens * SPOKEN_PER_TOKEN,
});

/** How many of so many tokens of a spoken answer are sound. */
export const spokenWithin = (tokens: number): number =>
  Math.floor((tokens * SPOKEN_PER_TOKEN) / (SPOKEN_PER_TOKEN + 1));
