import { price } from "../bills/bill.ts";
import {
  checkpoint,
  checkpoints,
  dueCount,
  LONGEST_MS,
  run,
  scriptOf,
  settle,
  type Call,
  type Script,
} from "./play.ts";
import type { Chunks } from "../answers/wire.ts";

/** How often a caller who waits for the first content is told that somebody is there. */
const COMMENT_MS = 1_000;
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  connection: "keep-alive",
};

type Stream = {
  call: Call;
  script: Script;
  chunks: Chunks;
  checkpoint: (now: number, contents: number) => void;
  /** Contents generated so far. */
  made: number;
  /** What is on its way but torn into parts, one per tick. */
  parts: Buffer[];
  commentAt: number;
  silentSince: number | null;
};

/** Cuts bytes inside every multi-byte character, so that no write ends on a whole one. */
function tearApart(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 1; at < bytes.length; at++) {
    const leads = (bytes[at - 1] ?? 0) >= 0xc0;
    if (!leads) continue;
    parts.push(bytes.subarray(from, at));
    from = at;
  }
  parts.push(bytes.subarray(from));
  return parts;
}

/** Contents `from` up to `to`, the first after the role preamble. */
function contentsText({ call, chunks }: Stream, from: number, to: number): string {
  const { plan, behaviour, generation, chat } = call;
  let text = from === 0 ? chunks.preamble() : "";
  for (let at = from; at < to; at++) {
    let delta = plan.deltas[at] ?? "{}";
    if (at === 0 && behaviour.bigChunkBytes !== null) {
      delta = `{"role":"assistant","content":"${"x".repeat(behaviour.bigChunkBytes)}"}`;
    }
    let usage: string | null = null;
    if (behaviour.usage === "cumulative") {
      price(generation, chat, plan.tokensAfter[at] ?? 0, behaviour.costTimes);
      usage = chunks.usageSoFar();
    }
    text += chunks.content(delta, usage);
  }
  return text;
}

/** Sends `text`, then breaks the connection once the bill is written. */
function breakOff({ call }: Stream, text: string): void {
  const { res, world } = call.exchange;
  res.write(text, () => world.store.afterCommit(() => res.destroy()));
}

/** The contents have been sent, but for `text`: bills them and ends as the script says. */
function end(stream: Stream, text: string): false {
  const { call, chunks, script } = stream;
  const { plan, behaviour, pace, exchange } = call;
  switch (script.ending) {
    case "error": {
      settle(call, "failed", script.contents);
      const preamble = stream.made === 0 && !behaviour.errorFirst ? chunks.preamble() : "";
      exchange.res.end(text + preamble + chunks.error(502));
      return false;
    }
    case "broken":
      settle(call, "failed", script.contents);
      exchange.res.end(text + chunks.broken());
      return false;
    case "cut":
      if (pace.drain) settle(call, "finished", plan.deltas.length);
      else settle(call, "cancelled", script.contents);
      breakOff(stream, text);
      return false;
    default:
      settle(call, "finished", script.contents);
      if (behaviour.cutBeforeUsage) breakOff(stream, text + chunks.finish(plan));
      else exchange.res.end(text + chunks.finish(plan) + chunks.usage() + call.dialect.done);
      return false;
  }
}

/** Nobody listens any more: stops here, or runs to the end for the bill. */
function runAlone(stream: Stream, elapsed: number, now: number): boolean {
  const { call, made, checkpoint } = stream;
  if (!call.pace.drain) {
    settle(call, "cancelled", made);
    return false;
  }
  stream.made = dueCount(call, made, elapsed);
  if (stream.made < call.plan.deltas.length || elapsed < call.pace.firstTokenMs) {
    checkpoint(now, stream.made);
    return true;
  }
  settle(call, "finished", stream.made);
  return false;
}

/** Sends what is due; false when the stream has ended. `text` goes before it. */
function send(stream: Stream, text: string, elapsed: number, now: number): boolean {
  const { call, script } = stream;
  const { exchange, behaviour, pace } = call;
  const from = stream.made;
  stream.made = Math.min(script.contents, dueCount(call, from, elapsed));
  if (stream.made > from) text += contentsText(stream, from, stream.made);
  const allSent = elapsed >= pace.firstTokenMs && stream.made === script.contents;
  if (allSent && script.ending === "stall") stream.silentSince ??= now;
  else if (allSent && !(behaviour.splitUtf8 && text !== "")) return end(stream, text);
  if (stream.silentSince !== null && now - stream.silentSince > LONGEST_MS) {
    settle(call, "cancelled", stream.made);
    exchange.res.destroy();
    return false;
  }
  if (text === "" && stream.made === 0 && now - stream.commentAt > COMMENT_MS) text = call.dialect.comment;
  if (text !== "") stream.commentAt = now;
  if (text !== "" && behaviour.splitUtf8) stream.parts = tearApart(Buffer.from(text));
  else if (text !== "") exchange.res.write(text);
  stream.checkpoint(now, stream.made);
  return true;
}

/** Streams the answer as server-sent events, each content when it is due. */
export function playStream(call: Call): Promise<void> {
  const { exchange, plan, behaviour, generation, pace } = call;
  const { res, signal } = exchange;
  const stream: Stream = {
    call,
    script: scriptOf(plan, behaviour),
    chunks: call.dialect.chunks(generation, behaviour, call.chat),
    checkpoint: checkpoints(call),
    made: 0,
    parts: [],
    commentAt: performance.now(),
    silentSince: null,
  };
  res.writeHead(200, { ...HEADERS, ...call.dialect.headers(generation) });
  // An answer that is there at once leaves in one write, its comment included.
  let first = call.dialect.comment;
  if (pace.hold !== null || pace.firstTokenMs > 0) {
    if (first === "") res.flushHeaders();
    else res.write(first);
    first = "";
    // Its id goes out before its end: whoever knows it can ask for it, also after a crash of these books.
    checkpoint(call, 0);
  }
  return run(call, (elapsed, now) => {
    if (signal.aborted) return runAlone(stream, elapsed, now);
    if (res.writableNeedDrain) return true;
    const part = stream.parts.shift();
    if (part !== undefined) {
      res.write(part);
      return true;
    }
    const text = first;
    first = "";
    return send(stream, text, elapsed, now);
  });
}
