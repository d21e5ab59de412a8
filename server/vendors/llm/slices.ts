import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

const SLICE_BYTES = 128 * 1024;

/** What is sent: a short body at once, a long one slice by slice, so that other calls have their turn in between. */
export function inSlices(
  headers: Record<string, string>,
  body: Buffer,
): { headers: Record<string, string>; body: Buffer | Readable } {
  if (body.length <= SLICE_BYTES) return { headers, body };
  return {
    headers: { ...headers, "content-length": String(body.length) },
    body: Readable.from(slicesOf(body)),
  };
}

async function* slicesOf(body: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < body.length; from += SLICE_BYTES) {
    yield body.subarray(from, from + SLICE_BYTES);
    await setImmediate();
  }
}
