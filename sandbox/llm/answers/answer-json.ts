/** Fills a JSON Schema with what the prompt says: `name: value` pairs, numbers, dates, addresses, named options. */
import { quoted, sentences } from "../tokens/text.ts";

type Schema = Record<string, unknown>;
/** Depth of nesting and number of values that are filled; recursive and huge schemas end here. */
const MAX_DEPTH = 8;
const MAX_VALUES = 100;
/** Characters taken from the prompt, and of one filled text. */
const MAX_READ = 4_096;
const MAX_TEXT = 500;

type Filling = { root: Schema; left: number };

const isSchema = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What the prompt gives for `name`, as in `city: Paris`, `city is Paris`, `in Paris` for place-like names. */
function valueNear(name: string, prompt: string): string | null {
  const label = escape(name.replaceAll(/[_-]/g, " ")).replaceAll(" ", "[ _-]?");
  const pair = new RegExp(`\\b${label}\\b["']?\\s*(?::|=|\\bis\\b)\\s*["']?([^,;"'\\n]{1,200})`, "i").exec(
    prompt,
  );
  if (pair?.[1] !== undefined) return pair[1].replace(/[.!?]\s.*$|[.!?]$/, "").trim();
  if (/city|location|place|town|country|destination/i.test(name)) {
    return /\b(?:in|at|for|to|from)\s+((?:[A-Z][\p{L}-]+\s?){1,3})/u.exec(prompt)?.[1]?.trim() ?? null;
  }
  return null;
}

function stringFor(name: string, schema: Schema, prompt: string): string {
  const near = valueNear(name, prompt);
  const format = String(schema["format"] ?? "");
  const find = (pattern: RegExp): string | undefined => pattern.exec(prompt)?.[0];
  let text: string;
  if (format === "email" || /e-?mail/i.test(name))
    text = find(/[\w.+-]{1,64}@[\w-]+(\.[\w-]+)+/) ?? near ?? "someone@example.com";
  else if (format === "date" || /(^|_)date$/i.test(name)) text = find(/\d{4}-\d{2}-\d{2}/) ?? "2026-01-01";
  else if (format === "date-time") text = find(/\d{4}-\d{2}-\d{2}T[\d:.]+Z?/) ?? "2026-01-01T00:00:00Z";
  else if (format === "uri" || format === "url")
    text = find(/https?:\/\/[^\s"'<>]{1,500}/) ?? "https://example.com/";
  else text = near ?? quoted(prompt) ?? sentences(prompt)[0] ?? prompt.slice(0, 200);
  const shortest = Number(schema["minLength"] ?? 0);
  const longest = Number(schema["maxLength"] ?? 2_000);
  return text.slice(0, Math.min(longest, MAX_TEXT)).padEnd(Math.min(shortest, MAX_TEXT), ".");
}

function numberFor(name: string, schema: Schema, prompt: string, whole: boolean): number {
  const near = /-?\d{1,15}(?:\.\d{1,6})?/.exec(valueNear(name, prompt) ?? prompt)?.[0];
  const low = Number(schema["minimum"] ?? -Number.MAX_SAFE_INTEGER);
  const high = Number(schema["maximum"] ?? Number.MAX_SAFE_INTEGER);
  const value = Math.min(Math.max(Number(near ?? 0), low), high);
  return whole ? Math.trunc(value) : value;
}

function enumFor(options: readonly unknown[], prompt: string): unknown {
  const low = prompt.toLowerCase();
  const named = options.find(
    (option) => typeof option === "string" && option !== "" && low.includes(option.toLowerCase()),
  );
  return named ?? options[0] ?? null;
}

/** Follows references and takes the first alternative that is not null, `steps` times at most. */
function resolve(schema: Schema, root: Schema, steps = MAX_DEPTH): Schema {
  if (steps === 0) return {};
  const ref = schema["$ref"];
  if (typeof ref === "string" && ref.startsWith("#/")) {
    let at: unknown = root;
    for (const step of ref.slice(2).split("/")) at = isSchema(at) ? at[step] : undefined;
    return isSchema(at) ? resolve(at, root, steps - 1) : {};
  }
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const list = schema[name];
    const first: unknown = Array.isArray(list)
      ? list.find((each) => isSchema(each) && each["type"] !== "null")
      : null;
    if (isSchema(first)) return { ...schema, [name]: undefined, ...resolve(first, root, steps - 1) };
  }
  return schema;
}

function arrayFor(name: string, schema: Schema, prompt: string, filling: Filling, depth: number): unknown[] {
  const items = isSchema(schema["items"]) ? schema["items"] : {};
  const near = /,| and /.test(prompt)
    ? (new RegExp(`${escape(name)}\\s*(?::|=|are)\\s*([^.\\n]{1,500})`, "i").exec(prompt)?.[1] ?? null)
    : null;
  const parts =
    near === null ? sentences(prompt) : near.split(/,\s*|\s+and\s+/).filter((part) => part.trim() !== "");
  const most = Math.min(Number(schema["maxItems"] ?? 5), 20);
  const least = Math.min(Number(schema["minItems"] ?? 0), 20);
  const filled = parts.slice(0, most).map((part) => fill(name, items, part, filling, depth + 1));
  while (filled.length < least) filled.push(fill(name, items, prompt, filling, depth + 1));
  return filled;
}

function fill(name: string, given: Schema, prompt: string, filling: Filling, depth: number): unknown {
  const schema = resolve(given, filling.root);
  if (filling.left-- <= 0) return null;
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"])) return enumFor(schema["enum"] as unknown[], prompt);
  const type = Array.isArray(schema["type"])
    ? (schema["type"] as unknown[]).find((each) => each !== "null")
    : schema["type"];
  if (type === "integer" || type === "number") return numberFor(name, schema, prompt, type === "integer");
  if (type === "boolean")
    return !/\b(no|not|never|false|off|without)\b/i.test(valueNear(name, prompt) ?? prompt);
  if (type === "null") return null;
  if (type === "array") return depth >= MAX_DEPTH ? [] : arrayFor(name, schema, prompt, filling, depth);
  const properties = schema["properties"];
  if (type === "object" || isSchema(properties)) {
    if (!isSchema(properties) || depth >= MAX_DEPTH) return {};
    return Object.fromEntries(
      Object.entries(properties)
        .slice(0, MAX_VALUES)
        .map(([key, each]) => [key, fill(key, isSchema(each) ? each : {}, prompt, filling, depth + 1)]),
    );
  }
  return stringFor(name, schema, prompt);
}

/** A value that satisfies `schema` in its types, options and bounds, taken from `prompt` where it can be. */
export function fillSchema(schema: Schema, prompt: string): unknown {
  const value = fill("", schema, prompt.slice(0, MAX_READ), { root: schema, left: MAX_VALUES }, 0);
  return typeof value === "string" && schema["type"] === undefined ? {} : value;
}

/** For `json_object`: the keys the prompt asks for, else `answer`. */
export function jsonAnswer(prompt: string, full: string): string {
  const text = full.slice(0, MAX_READ / 2);
  const asked =
    /\b(?:keys?|fields?)\b[^\w"'`]*((?:["'`]?\w{1,40}["'`]?(?:\s*,\s*|\s+and\s+)?){1,20})/i.exec(
      prompt,
    )?.[1] ?? "";
  const keys = asked
    .split(/\s*,\s*|\s+and\s+|\s+/)
    .map((key) => key.replaceAll(/\W/g, ""))
    .filter((key) => key !== "");
  if (keys.length === 0) return JSON.stringify({ answer: text });
  return JSON.stringify(Object.fromEntries(keys.map((key) => [key, valueNear(key, prompt) ?? text])));
}
