/** Reads a request for embeddings and refuses what the companies would refuse. */
import { refuse, type Refusal } from "../answers/errors.ts";
import { checkRouting, isObject } from "../request.ts";
import type { EmbeddingModel } from "./models.ts";

/** A text, or the tokens of one. */
export type Input = string | readonly number[];

export type Asked = {
  model: EmbeddingModel;
  inputs: readonly Input[];
  dimensions: number;
  format: "float" | "base64";
  user: string | null;
};

const MOST_INPUTS = 2_048;

const isTokens = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => Number.isSafeInteger(each) && each >= 0);
const isInput = (value: unknown): value is Input =>
  (typeof value === "string" && value !== "") || isTokens(value);

/** Null for what is none. */
function inputsOf(given: unknown): readonly Input[] | null {
  if (isInput(given)) return [given];
  if (!Array.isArray(given) || given.length === 0 || given.length > MOST_INPUTS) return null;
  return given.every(isInput) ? given : null;
}

export function readAsked(
  rawBody: Buffer,
  find: (id: string) => EmbeddingModel | null,
): Asked | { refusal: Refusal } {
  let body: unknown;
  try {
    body = JSON.parse(rawBody.toString());
  } catch {
    return refuse(400, "Invalid JSON in request body");
  }
  if (!isObject(body)) return refuse(400, "Request body must be a JSON object");
  const { dimensions, encoding_format: format, user } = body;
  const id = String(body["model"] ?? "");
  const model = find(id);
  if (model === null) return refuse(400, `${id} is not a valid model ID`);
  const inputs = inputsOf(body["input"]);
  if (inputs === null) return refuse(400, `Invalid input: input must be 1 to ${MOST_INPUTS} texts`);
  if (format !== undefined && format !== "float" && format !== "base64")
    return refuse(400, "Invalid input: encoding_format must be float or base64");
  const wanted = dimensions ?? model.dimensions;
  if (!Number.isSafeInteger(wanted) || Number(wanted) < 1 || Number(wanted) > model.dimensions)
    return refuse(400, `Invalid input: dimensions must be from 1 to ${model.dimensions}`);
  const unroutable = checkRouting(body["provider"], model);
  if (unroutable !== null) return { refusal: unroutable };
  return {
    model,
    inputs,
    dimensions: Number(wanted),
    format: format ?? "float",
    user: typeof user === "string" ? user : null,
  };
}
