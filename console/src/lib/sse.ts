/** One thing that a Server-Sent Events body says. */
export type SseMessage = { kind: "event"; event: string; data: string } | { kind: "comment"; text: string };

/** Longest line we keep; a server that sends more is not ours. */
const MAX_LINE = 4 * 1024 * 1024;

/** Incremental parser: feed it text as it arrives, in any pieces. CRLF, LF and several data lines are understood. */
export function createSseParser(onMessage: (message: SseMessage) => void): (text: string) => void {
  let rest = "";
  let event = "message";
  let data: string[] = [];
  const line = (text: string) => {
    if (text === "") {
      if (data.length > 0) onMessage({ kind: "event", event, data: data.join("\n") });
      event = "message";
      data = [];
    } else if (text.startsWith(":")) {
      onMessage({ kind: "comment", text: text.slice(1).trim() });
    } else {
      const colon = text.indexOf(":");
      const field = colon < 0 ? text : text.slice(0, colon);
      const value = colon < 0 ? "" : text.slice(colon + (text[colon + 1] === " " ? 2 : 1));
      if (field === "data") data.push(value);
      else if (field === "event") event = value;
    }
  };
  return (text) => {
    rest += text;
    if (rest.length > MAX_LINE) throw new Error("The stream sent a line that is too long.");
    let end = rest.indexOf("\n");
    while (end >= 0) {
      line(rest.charCodeAt(end - 1) === 13 ? rest.slice(0, end - 1) : rest.slice(0, end));
      rest = rest.slice(end + 1);
      end = rest.indexOf("\n");
    }
  };
}

/** Reads a whole body through the parser; ends when the body ends or `signal` aborts. */
export async function readSse(
  body: ReadableStream<Uint8Array>,
  onMessage: (message: SseMessage) => void,
): Promise<void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const feed = createSseParser(onMessage);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    feed(decoder.decode(value, { stream: true }));
  }
  feed(decoder.decode());
}
