const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;
const DATA = Buffer.from("data");

/** A line or event longer than this ends the stream. */
const MAX_EVENT_BYTES = 4 * 1024 * 1024;

export type SseEvent = {
  /** The value of the `data` lines, joined by line feeds. */
  data: Buffer;
  /** The event as it came, its blank line included. */
  raw: Buffer;
};

/**
 * Cuts a stream of server-sent events into events, on bytes: a character may be split anywhere. Takes LF and CRLF,
 * comments, fields without a space after the colon. Events without data (comments alone) are left out.
 */
export class SseReader {
  #rest: Buffer | null = null;
  /** Bytes of `#rest` that are known to hold no line feed that ends an event. */
  #scanned = 0;

  /** The events that `chunk` completes. Throws RangeError for one beyond the bound. */
  push(chunk: Buffer): SseEvent[] {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    const events: SseEvent[] = [];
    let start = 0;
    let line = this.#rest === null ? 0 : this.#scanned;
    for (let end = bytes.indexOf(LF, line); end !== -1; end = bytes.indexOf(LF, line)) {
      const blank = end === line || (end === line + 1 && bytes[line] === CR);
      line = end + 1;
      if (!blank) continue;
      const event = readEvent(bytes.subarray(start, line));
      if (event !== null) events.push(event);
      start = line;
    }
    this.#rest = start === bytes.length ? null : bytes.subarray(start);
    this.#scanned = line - start;
    if (this.#rest !== null && this.#rest.length > MAX_EVENT_BYTES) throw new RangeError("event too long");
    return events;
  }

  /** What is left when the stream ends: an event that lacks its blank line. */
  end(): SseEvent | null {
    return this.#rest === null ? null : readEvent(Buffer.concat([this.#rest, Buffer.from("\n\n")]));
  }
}

function readEvent(raw: Buffer): SseEvent | null {
  let data: Buffer | null = null;
  for (let line = 0; line < raw.length;) {
    let end = raw.indexOf(LF, line);
    const next = end + 1;
    if (end > line && raw[end - 1] === CR) end -= 1;
    const value = dataOf(raw, line, end);
    if (value !== null) data = data === null ? value : Buffer.concat([data, Buffer.of(LF), value]);
    line = next;
  }
  return data === null ? null : { data, raw };
}

/** The value of a `data` line; null for any other. */
function dataOf(raw: Buffer, start: number, end: number): Buffer | null {
  if (end - start < DATA.length || raw.compare(DATA, 0, DATA.length, start, start + DATA.length) !== 0)
    return null;
  let from = start + DATA.length;
  if (from === end) return raw.subarray(from, end);
  if (raw[from] !== COLON) return null;
  from += 1;
  if (raw[from] === SPACE) from += 1;
  return raw.subarray(from, Math.max(from, end));
}
