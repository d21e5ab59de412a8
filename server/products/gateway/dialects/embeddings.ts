/** OpenAI's embeddings, which the providers speak as well. Vectors come in the encoding that was asked for. Pure. */
import type { Chat } from "../call/chat.ts";
import { absent, checkPriced, integer, modelOf, objectOf, readBody } from "../call/read-chat.ts";
import { endOfStream } from "../keys/kept-answer.ts";
import type { Dialect, Told } from "./dialect.ts";
import { bad, isFields, type Fields } from "./fields.ts";

const MOST_INPUTS = 2_048;
const BYTES_OF_FLOAT = 4;

export const embeddingsDialect: Dialect = {
  read: readEmbedding,
  answer: answerOf,
  voice() {
    throw new Error("vectors do not come in streams");
  },
  streamEnd: endOfStream,
};

/** Reads the body of a call for embeddings; 400 with the field at fault. */
export function readEmbedding(given: unknown): Chat {
  const { bytes, body, repeatsFields } = readBody(given);
  const model = modelOf(body);
  checkInput(body["input"]);
  checkPriced(body);
  integer(body, "dimensions");
  objectOf(body, "provider");
  const format = body["encoding_format"];
  if (!absent(format) && format !== "float" && format !== "base64")
    bad("/encoding_format", "must be float or base64");
  if (!absent(body["stream"]) && body["stream"] !== false) bad("/stream", "is not taken");
  return {
    endpoint: "embeddings",
    task: "embedding",
    body,
    bytes,
    repeatsFields,
    model,
    stream: false,
    wantsUsage: false,
    choices: 1,
    maxTokens: 0,
    dropped: [],
  };
}

const isToken = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
const isTokens = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(isToken);

/** A text, the tokens of one, or up to 2,048 of either. */
function checkInput(input: unknown): void {
  if (typeof input === "string" && input.length > 0) return;
  if (!Array.isArray(input) || input.length === 0) bad("/input", "must hold at least one text");
  if (isTokens(input)) return;
  const inputs = input as unknown[];
  if (inputs.length > MOST_INPUTS) bad("/input", `must hold at most ${MOST_INPUTS} texts`);
  for (const [at, each] of inputs.entries())
    if (!(typeof each === "string" && each.length > 0) && !isTokens(each))
      bad(`/input/${at}`, "must be a text or a list of tokens");
}

/** As it came, unless some provider does not mind the encoding that was asked for. */
function answerOf(body: Buffer, { chat }: Told): Buffer {
  const wanted = chat.body["encoding_format"] === "base64" ? "base64" : "float";
  const answer = JSON.parse(body.toString()) as Fields;
  const data = (answer["data"] as unknown[]).filter(isFields);
  const isRight = ({ embedding }: Fields) => (typeof embedding === "string") === (wanted === "base64");
  if (data.every(isRight)) return body;
  const told = data.map((each) =>
    isRight(each) ? each : { ...each, embedding: otherOf(each["embedding"]) },
  );
  return Buffer.from(JSON.stringify({ ...answer, data: told }));
}

/** Of an answer, in the order of what was asked. */
export function vectorsIn(body: Buffer): number[][] {
  const { data } = JSON.parse(body.toString()) as {
    data: { index?: number; embedding: string | number[] }[];
  };
  return data
    .toSorted((a, b) => (a.index ?? 0) - (b.index ?? 0))
    .map(({ embedding }) => (typeof embedding === "string" ? (otherOf(embedding) as number[]) : embedding));
}

/** Little-endian floats of four bytes as base64, and back. */
function otherOf(embedding: unknown): string | number[] {
  if (typeof embedding === "string") {
    const bytes = Buffer.from(embedding, "base64");
    return Array.from({ length: Math.floor(bytes.length / BYTES_OF_FLOAT) }, (_, at) =>
      bytes.readFloatLE(at * BYTES_OF_FLOAT),
    );
  }
  const values = embedding as number[];
  const bytes = Buffer.alloc(values.length * BYTES_OF_FLOAT);
  for (const [at, value] of values.entries()) bytes.writeFloatLE(value, at * BYTES_OF_FLOAT);
  return bytes.toString("base64");
}
