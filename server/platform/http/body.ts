import { isUtf8 } from "node:buffer";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { Problem, common } from "../problem.ts";

const MAX_DEPTH = 10;
/** Tools of a model call carry JSON schemas, which nest deeper. */
const MAX_DEPTH_OPENAI = 64;
const NUL_OR_LONE_SURROGATE = /\0|\p{Surrogate}/u;

/** PostgreSQL's texts hold no NUL: such a query is 400, and such a path names nothing. */
export function checkUrl({ params, query }: FastifyRequest): void {
  if (nulIn(params) !== undefined) throw new Problem(common.not_found);
  const name = nulIn(query);
  if (name !== undefined)
    throw new Problem(common.invalid_parameter, { errors: [{ pointer: `/${name}`, detail: "holds NUL" }] });
}

const nulIn = (values: unknown): string | undefined =>
  Object.entries(values ?? {}).find(([, value]) => String(value).includes("\0"))?.[0];

/** JSON with the house's bounds: depth, no NUL, no lone surrogate, no `__proto__`. Operations with `rawBody` get the bytes. */
export function parseBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes, done) => {
    const { rawBody, envelope } = request.routeOptions.config as { rawBody?: boolean; envelope?: string };
    if (rawBody) return done(null, bytes);
    try {
      const value = parseJson(bytes as Buffer, envelope === "openai" ? MAX_DEPTH_OPENAI : MAX_DEPTH);
      if (envelope === "problem") checkAmounts(value, bytes as Buffer);
      done(null, value);
    } catch (error) {
      done(error as Error);
    }
  });
  app.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "buffer" },
    (request, bytes, done) => {
      const { form, rawBody } = request.routeOptions.config as { form?: boolean; rawBody?: boolean };
      if (rawBody) return done(null, bytes);
      if (!form) return done(new Problem(common.unsupported_media_type), undefined);
      try {
        done(null, parseForm(bytes as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, bytes, done) => {
    if ((request.routeOptions.config as { rawBody?: boolean }).rawBody) return done(null, bytes);
    if (bytes.length === 0) return done(null, undefined);
    done(new Problem(common.unsupported_media_type), undefined);
  });
}

/** Parses a JSON body. 400 for malformed text, 422 for what is JSON but out of bounds. */
export function parseJson(bytes: Buffer, maxDepth = MAX_DEPTH): unknown {
  if (bytes.length === 0) return undefined;
  if (!isUtf8(bytes)) throw new Problem(common.malformed_json);
  const text = bytes.toString("utf8");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem(common.malformed_json, { cause });
  }
  // Escapes are the only way such a character gets past JSON.parse, so most bodies skip the walk over their strings.
  check(value, { strings: text.includes("\\u"), maxDepth }, 0, "");
  return value;
}

const FRACTION = /"(amount|[a-z_]{1,40}_(?:minor|micros))"\s{0,9}:\s{0,9}-?\d{1,20}[.eE]/g;

/** Money and credits are whole numbers written as such: 422 for one with a point or an exponent, whatever it comes to. */
function checkAmounts(value: unknown, bytes: Buffer): void {
  if (typeof value !== "object" || value === null) return;
  for (const [, name = ""] of bytes.toString("utf8").matchAll(FRACTION))
    if (Object.hasOwn(value, name))
      refuse(`/${name}`, "is written as a whole number, without a point or an exponent");
}

/** A form as an object of texts. 400 for bytes that are no text, 422 for a field that comes twice. */
function parseForm(bytes: Buffer): Record<string, string> {
  if (!isUtf8(bytes)) throw new Problem(common.malformed_json);
  const fields: Record<string, string> = Object.create(null);
  for (const [name, value] of new URLSearchParams(bytes.toString("utf8"))) {
    if (Object.hasOwn(fields, name)) refuse(`/${name}`, "comes more than once");
    fields[name] = value;
  }
  const form = { ...fields };
  check(form, { strings: true, maxDepth: MAX_DEPTH }, 0, "");
  return form;
}

type Bounds = { strings: boolean; maxDepth: number };

function check(value: unknown, bounds: Bounds, depth: number, pointer: string): void {
  if (typeof value === "string") {
    if (bounds.strings && NUL_OR_LONE_SURROGATE.test(value))
      refuse(pointer, "holds NUL or half a surrogate pair");
    return;
  }
  if (typeof value !== "object" || value === null) return;
  if (depth >= bounds.maxDepth) refuse(pointer, `is nested deeper than ${bounds.maxDepth}`);
  if (Object.hasOwn(value, "__proto__")) refuse(`${pointer}/__proto__`, "is not allowed");
  for (const [key, member] of Object.entries(value)) check(member, bounds, depth + 1, `${pointer}/${key}`);
}

function refuse(pointer: string, detail: string): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
}
