/** `multipart/form-data` (RFC 7578) of a body that has arrived whole and bounded. Pure; parts share the body's memory. */
import { Problem, common } from "../problem.ts";

export type Part = {
  name: string;
  /** Of a file; null for a plain field. */
  fileName: string | null;
  bytes: Buffer;
};

const MOST_PARTS = 64;
const MOST_HEAD_BYTES = 4_096;
const BOUNDARY = /^multipart\/form-data\s*;(?:[^"]*;)?\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i;
const CRLF = Buffer.from("\r\n");
const HEAD_END = Buffer.from("\r\n\r\n");
const LAST = Buffer.from("--");

/** The parts in their order; 400 for what is no such form, or has more than 64 parts. */
export function readMultipart(contentType: string | undefined, body: Buffer): Part[] {
  const found = BOUNDARY.exec(contentType ?? "");
  const boundary = found?.[1] ?? found?.[2];
  if (boundary === undefined) throw new Problem(common.unsupported_media_type);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  // The first delimiter has no line before it.
  let at = startsWith(body, delimiter.subarray(CRLF.length)) ? delimiter.length - CRLF.length : refuse();
  while (!startsWith(body, LAST, at)) {
    if (parts.length === MOST_PARTS || !startsWith(body, CRLF, at)) return refuse();
    const headEnd = body.subarray(at, at + MOST_HEAD_BYTES).indexOf(HEAD_END);
    if (headEnd === -1) return refuse();
    const from = at + headEnd + HEAD_END.length;
    const end = body.indexOf(delimiter, from);
    if (end === -1) return refuse();
    parts.push({
      ...dispositionOf(body.toString("utf8", at, at + headEnd)),
      bytes: body.subarray(from, end),
    });
    at = end + delimiter.length;
  }
  return parts;
}

const startsWith = (body: Buffer, bytes: Buffer, at = 0): boolean =>
  body.subarray(at, at + bytes.length).equals(bytes);

const DISPOSITION = /^content-disposition:\s*form-data\s*;(.*)$/im;

function dispositionOf(head: string): Pick<Part, "name" | "fileName"> {
  const said = DISPOSITION.exec(head)?.[1];
  const name = said === undefined ? null : parameterOf(said, "name");
  if (said === undefined || name === null) return refuse();
  return { name, fileName: parameterOf(said, "filename") };
}

/** Quotes and line ends inside a name come as browsers escape them. */
function parameterOf(said: string, name: string): string | null {
  const found = new RegExp(`(?:^|;)\\s*${name}="([^"]*)"`, "i").exec(said)?.[1];
  return found?.replaceAll(/%22|%0D|%0A/g, (escaped) => decodeURIComponent(escaped)) ?? null;
}

function refuse(): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer: "/", detail: "is no multipart form" }] });
}
