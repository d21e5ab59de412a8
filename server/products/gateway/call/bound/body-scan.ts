/**
 * Bounds a JSON text before it is parsed, on bytes: 8 MiB of small arrays would otherwise hold up every other call for
 * half a second. Strings are jumped over, so that a long text costs next to nothing.
 */
import { Problem, common } from "../../../../platform/problem.ts";

const MAX_DEPTH = 64;
/** Members and elements of the whole body. */
const MAX_MEMBERS = 200_000;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** Counts the members of the outermost object. Throws 400 beyond the bounds; says nothing about validity. */
export function scanBody(bytes: Buffer): { outermostMembers: number } {
  let depth = 0;
  let members = 0;
  let outermostMembers = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE:
        at = endOfString(bytes, at);
        break;
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        members += 1;
        if (depth > MAX_DEPTH) refuse(`is nested deeper than ${MAX_DEPTH}`);
        break;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        depth -= 1;
        break;
      case COMMA:
        members += 1;
        break;
      case COLON:
        if (depth === 1) outermostMembers += 1;
        break;
    }
    if (members > MAX_MEMBERS) refuse(`has more than ${MAX_MEMBERS} members`);
  }
  return { outermostMembers };
}

/** Position of the quote that ends the string begun at `start`; the end of the text when there is none. */
function endOfString(bytes: Buffer, start: number): number {
  for (let end = bytes.indexOf(QUOTE, start + 1); end !== -1; end = bytes.indexOf(QUOTE, end + 1)) {
    let slashes = 0;
    while (bytes[end - 1 - slashes] === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return bytes.length;
}

function refuse(detail: string): never {
  throw new Problem(common.invalid_input, { errors: [{ pointer: "/", detail }] });
}
