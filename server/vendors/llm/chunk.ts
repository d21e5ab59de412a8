/** One chunk of a streamed chat: whether it needs reading at all, and what it says. */
import { textsOf } from "./answer.ts";
import { readUsage, type Usage } from "./usage.ts";

export type Chunk = {
  /** Brings text, reasoning, a tool call or a refusal. */
  content: boolean;
  /** A choice ended. */
  finished: boolean;
  /** The provider reports an error in place of content. */
  failed: boolean;
  usage: Usage | null;
  generationId: string | null;
  /** The chunk's own head and its usage as they came, for a usage chunk of our own; null without usage. */
  head: Record<string, unknown> | null;
  /** What the caller gets: the event as it came, or rewritten without its usage; null when nothing is left. */
  bytes: Buffer | null;
};

const USAGE = Buffer.from('"usage"');
const ERROR = Buffer.from('"error"');
const FINISH = Buffer.from('"finish_reason"');
const COLON = 58;
const SPACE = 32;
const LOWER_N = 110;
const OPEN = 123;
const CLOSE = 125;

/**
 * True for a chunk that may say more than content: a finish reason, usage, an error. Such a key inside a text is escaped
 * (`\"usage\"`) and does not count. What does not look like an object needs reading too, to be refused.
 */
export function needsReading(data: Buffer): boolean {
  if (data[0] !== OPEN || data[data.length - 1] !== CLOSE) return true;
  return says(data, FINISH) || says(data, USAGE) || says(data, ERROR);
}

/** Holds `key` with a value other than null. */
function says(data: Buffer, key: Buffer): boolean {
  for (let at = data.indexOf(key); at !== -1; at = data.indexOf(key, at + 1)) {
    let value = at + key.length;
    while (data[value] === COLON || data[value] === SPACE) value += 1;
    if (data[value] !== LOWER_N) return true;
  }
  return false;
}

type Fields = Record<string, unknown>;
const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const filled = (value: unknown): boolean =>
  typeof value === "string" || Array.isArray(value) ? value.length > 0 : isFields(value);

/** Keys of a delta that are content; a role is not. */
const CONTENT = [
  "content",
  "reasoning",
  "reasoning_content",
  "reasoning_details",
  "tool_calls",
  "refusal",
  "audio",
];

/** Reads one chunk; null for what is no chunk. */
export function readChunk(data: Buffer, raw: Buffer): Chunk | null {
  const value = parse(data);
  if (value === null) return null;
  const choices = Array.isArray(value["choices"]) ? (value["choices"] as unknown[]).filter(isFields) : [];
  const content = choices.some(({ delta }) => isFields(delta) && CONTENT.some((key) => filled(delta[key])));
  const finished = choices.some((choice) => typeof choice["finish_reason"] === "string");
  const failed = isFields(value["error"]) || choices.some((choice) => isFields(choice["error"]));
  const usage = isFields(value["usage"]) ? readUsage(value["usage"]) : null;
  const id = value["id"];
  return {
    content,
    finished,
    failed,
    usage,
    generationId: typeof id === "string" && id.length > 0 && id.length <= 200 ? id : null,
    head: usage === null ? null : value,
    bytes: usage === null ? raw : withoutUsage(value, content || finished),
  };
}

function parse(data: Buffer): Fields | null {
  try {
    const value: unknown = JSON.parse(data.toString());
    return isFields(value) && !Array.isArray(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The chunk in an event of a stream; null where there is none. */
export const chunkOf = (event: Buffer): Fields | null => parse(event.subarray(event.indexOf(OPEN)));

/** What the model said in these events, for an estimate. */
export function textsIn(events: readonly Buffer[]): string[] {
  return events.flatMap((raw) => {
    const value = chunkOf(raw);
    const choices = value && Array.isArray(value["choices"]) ? (value["choices"] as unknown[]) : [];
    return choices.flatMap((choice) => {
      const delta = isFields(choice) ? choice["delta"] : null;
      return isFields(delta) ? textsOf(delta) : [];
    });
  });
}

function withoutUsage(chunk: Fields, keeps: boolean): Buffer | null {
  return keeps ? eventOf({ ...chunk, usage: undefined }) : null;
}

const eventOf = (value: unknown): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

/**
 * The chunk that a caller who asked for usage gets, made from the provider's last one: without choices, with the cost in
 * micro-credits and in USD (an exact decimal).
 */
export function usageChunk(head: Record<string, unknown>, cost: { micros: bigint; usd: string }): Buffer {
  const told = JSON.stringify({ ...(head["usage"] as Fields), cost: undefined }).slice(0, -1);
  const text = JSON.stringify({ ...head, choices: [], usage: undefined }).slice(0, -1);
  return Buffer.from(`data: ${text},"usage":${told},"cost_micros":${cost.micros},"cost":${cost.usd}}}\n\n`);
}
