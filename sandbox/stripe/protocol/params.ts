import { invalid, notBuilt, StripeError } from "./errors.ts";
import type { Form, FormValue } from "./form.ts";

/** Reads one parameter; `name` is its full name for error texts, e.g. `line_items[0][quantity]`. */
export type Field<T> = {
  read(value: FormValue, name: string): T;
  /** An empty text unsets the value: it reads as null. */
  unsettable?: boolean;
  isRequired?: boolean;
  /** Of an object its fields, of an array its items: what the list of unbuilt parameters is drawn up from. */
  shape?: ParamShape;
  item?: Field<unknown>;
};
type Shape = Record<string, Field<unknown>>;
/** What a field reads as. */
export type Value<F> = F extends Field<infer T> ? T : never;
type RequiredKeys<S extends Shape> = {
  [K in keyof S]: S[K] extends { isRequired: true } ? K : never;
}[keyof S];
export type Read<S extends Shape> = { [K in RequiredKeys<S>]: Value<S[K]> } & {
  [K in Exclude<keyof S, RequiredKeys<S>>]?: Value<S[K]>;
};

export function required<T>(field: Field<T>): Field<T> & { isRequired: true } {
  return { ...field, isRequired: true };
}
/** May be unset with an empty text, which then reads as null. */
export function unsettable<T>(field: Field<T>): Field<T | null> {
  return { ...field, unsettable: true };
}

const MAX_TEXT = 5_000;

export function text(max = MAX_TEXT): Field<string> {
  return {
    read(value, name) {
      if (typeof value !== "string") throw invalid(`Invalid string: ${JSON.stringify(value)}`, name);
      if (value.length > max) {
        throw invalid(`Invalid string: ${value.slice(0, 20)}...; must be at most ${max} characters`, name);
      }
      return value;
    },
  };
}

export function integer(min = Number.MIN_SAFE_INTEGER, max = 99_999_999_999): Field<number> {
  return {
    read(value, name) {
      if (typeof value !== "string" || !/^-?\d{1,15}$/.test(value)) {
        throw invalid(`Invalid integer: ${String(value)}`, name, "parameter_invalid_integer");
      }
      const number = Number(value);
      if (number < min) {
        const least =
          min === 1 || min === 0
            ? `This value must be greater than or equal to ${min}.`
            : `Invalid integer: ${value}`;
        throw invalid(least, name, "parameter_invalid_integer");
      }
      if (number > max) throw invalid(`Invalid integer: ${value}`, name, "parameter_invalid_integer");
      return number;
    },
  };
}

/** A number with up to two decimal places, above `min` and up to `max`. */
export function decimal(min: number, max: number): Field<number> {
  return {
    read(value, name) {
      const number = typeof value === "string" && /^\d{1,3}(\.\d{1,2})?$/.test(value) ? Number(value) : null;
      if (number === null || number <= min || number > max) {
        throw invalid(`Invalid decimal: ${String(value)}; must be above ${min} and up to ${max}`, name);
      }
      return number;
    },
  };
}

export function bool(): Field<boolean> {
  return {
    read(value, name) {
      if (value === "true" || value === "false") return value === "true";
      throw invalid(`Invalid boolean: ${String(value)}`, name);
    },
  };
}

export function oneOf<const T extends string>(...values: T[]): Field<T> {
  return {
    read(value, name) {
      const found = values.find((candidate) => candidate === value);
      if (found !== undefined) return found;
      const all = values.length > 1 ? `${values.slice(0, -1).join(", ")}, or ${values.at(-1)}` : values[0];
      throw invalid(`Invalid ${name}: must be one of ${all}`, name);
    },
  };
}

/** Real values of Stripe's that the sandbox does not play: refused as not built rather than as wrong. */
export function oneOfBuilt<const T extends string>(
  built: readonly T[],
  unbuilt: readonly string[],
): Field<T> {
  const all = oneOf<string>(...built, ...unbuilt);
  return {
    read(value, name) {
      const found = all.read(value, name);
      const played = built.find((candidate) => candidate === found);
      if (played === undefined) throw notBuilt(`${name}=${found}`);
      return played;
    },
  };
}

export function list<T>(item: Field<T>, max = 100): Field<T[]> {
  return {
    item,
    read(value, name) {
      if (!Array.isArray(value)) throw invalid("Invalid array", name);
      if (value.length > max) throw invalid(`Array must contain at most ${max} items`, name);
      return value.map((entry, i) => item.read(entry, `${name}[${i}]`));
    },
  };
}

/** Keys ≤ 40 characters, values ≤ 500, at most 50 of them; an empty value (or all of it empty) unsets. */
export function metadata(): Field<Record<string, string>> {
  return {
    read(value, name) {
      if (value === "") return { "": "" };
      if (typeof value === "string" || Array.isArray(value)) throw invalid("Invalid object", name);
      const result: Record<string, string> = {};
      const entries = Object.entries(value);
      if (entries.length > 50) throw invalid("Metadata can have up to 50 keys", name);
      for (const [key, entry] of entries) {
        if (typeof entry !== "string") throw invalid("Metadata values must be strings", `${name}[${key}]`);
        if (key.length > 40)
          throw invalid("Metadata keys can be up to 40 characters long", `${name}[${key}]`);
        if (entry.length > 500)
          throw invalid("Metadata values can have up to 500 characters", `${name}[${key}]`);
        result[key] = entry;
      }
      return result;
    },
  };
}

/** What the metadata becomes: new keys added, empty ones taken away. */
export function mergeMetadata(
  old: Record<string, string>,
  change: Record<string, string> | undefined,
): Record<string, string> {
  if (change === undefined) return old;
  if ("" in change) return {};
  const merged = { ...old, ...change };
  for (const [key, value] of Object.entries(merged)) if (value === "") delete merged[key];
  return merged;
}

/** `now` or a time in seconds. */
export function nowOr(): Field<"now" | number> {
  const at = integer(0);
  return { read: (value, name) => (value === "now" ? "now" : at.read(value, name)) };
}

const range = { gt: integer(), gte: integer(), lt: integer(), lte: integer() };
/** `created=1` or `created[gte]=1`. */
export function created(): Field<{ gt?: number; gte?: number; lt?: number; lte?: number }> {
  const bounds = object(range);
  return {
    read(value, name) {
      if (typeof value !== "string") return bounds.read(value, name);
      const at = integer().read(value, name);
      return { gte: at, lte: at };
    },
  };
}

export function object<S extends Shape>(shape: S): Field<Read<S>> {
  return {
    shape,
    read(value, name) {
      if (typeof value === "string" || Array.isArray(value)) throw invalid("Invalid object", name);
      return readForm(shape, value, name) as Read<S>;
    },
  };
}

function readForm(shape: Shape, form: Form, prefix: string): Record<string, unknown> {
  const inner = (key: string): string => (prefix === "" ? key : `${prefix}[${key}]`);
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(form)) {
    const name = inner(key);
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field === undefined) throw invalid(`Received unknown parameter: ${name}`, name, "parameter_unknown");
    if (value === "" && field.unsettable === true) result[key] = null;
    else if (value === "" && field.isRequired !== true && key !== "metadata") throw emptyText(name);
    else result[key] = field.read(value, name);
  }
  for (const [key, field] of Object.entries(shape)) {
    if (field.isRequired === true && (form[key] === undefined || form[key] === "")) {
      throw new StripeError(400, {
        type: "invalid_request_error",
        code: "parameter_missing",
        message: `Missing required param: ${inner(key)}.`,
        param: inner(key),
      });
    }
  }
  return result;
}

function emptyText(name: string): StripeError {
  return invalid(
    `You passed an empty string for '${name}'. We assume empty values are an attempt to unset a parameter; however '${name}' cannot be unset. You should remove '${name}' from your request or supply a non-empty value.`,
    name,
    "parameter_invalid_empty",
  );
}

/** Reads the parameters of an operation in Stripe's words: unknown, missing, empty, of the wrong type. */
export function readParams<S extends Shape>(shape: S, form: Form): Read<S> {
  return readForm(shape, form, "") as Read<S>;
}
export type ParamShape = Shape;
