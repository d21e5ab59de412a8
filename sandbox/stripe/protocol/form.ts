import { invalid } from "./errors.ts";

export type FormValue = string | FormValue[] | { [key: string]: FormValue };
export type Form = { [key: string]: FormValue };

/** Keys of one request, and brackets of one key. */
const MAX_KEYS = 2_000;
const MAX_DEPTH = 8;

type Node = Map<string, Node | string>;

function path(key: string): string[] {
  const open = key.indexOf("[");
  if (open <= 0) return [key];
  const parts = [key.slice(0, open)];
  for (const [, part] of key.slice(open).matchAll(/\[([^[\]]*)\]/g)) parts.push(part ?? "");
  return parts;
}

/** Objects whose keys are all 0, 1, 2, … are arrays; Stripe's clients write `items[0][price]` and `expand[]`. */
function settle(node: Node): FormValue {
  const keys = [...node.keys()];
  const values = [...node.values()].map((value) => (typeof value === "string" ? value : settle(value)));
  if (keys.length > 0 && keys.every((key) => /^\d+$/.test(key))) return values;
  const result: Form = {};
  keys.forEach((key, i) => {
    Object.defineProperty(result, key, {
      value: values[i],
      enumerable: true,
      writable: true,
      configurable: true,
    });
  });
  return result;
}

/** Decodes `a[b][0]=c&d=e` as Stripe reads it. */
export function decodeForm(text: string | URLSearchParams): Form {
  const root: Node = new Map();
  let count = 0;
  for (const [key, value] of typeof text === "string" ? new URLSearchParams(text) : text) {
    if (++count > MAX_KEYS) throw invalid("Too many parameters in the request");
    const parts = path(key);
    if (parts.length > MAX_DEPTH) throw invalid(`Invalid parameter: ${key}`, key);
    let node = root;
    for (let i = 0; i < parts.length - 1; i++) {
      const part = parts[i] === "" ? String(node.size) : (parts[i] ?? "");
      let next = node.get(part);
      if (next === undefined || typeof next === "string") node.set(part, (next = new Map()));
      node = next;
    }
    const last = parts.at(-1) ?? "";
    node.set(last === "" ? String(node.size) : last, value);
  }
  if (root.size === 0) return {};
  const form = settle(root);
  return typeof form === "object" && !Array.isArray(form) ? form : {};
}

/** What `/v2` is sent, in the form of `/v1`. */
export function decodeJson(text: string): Form {
  if (text === "") return {};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid("Invalid JSON in the request body");
  }
  const form = fromJson(value, 0);
  if (typeof form === "string" || Array.isArray(form)) throw invalid("Invalid object");
  return form;
}

function fromJson(value: unknown, depth: number): FormValue {
  if (depth > MAX_DEPTH) throw invalid("Too many levels in the request body");
  if (Array.isArray(value)) return value.map((item) => fromJson(item, depth + 1));
  if (typeof value !== "object") return String(value);
  const result: Form = {};
  for (const [key, item] of Object.entries(value ?? {})) {
    Object.defineProperty(result, key, {
      value: fromJson(item, depth + 1),
      enumerable: true,
      writable: true,
      configurable: true,
    });
  }
  return result;
}
