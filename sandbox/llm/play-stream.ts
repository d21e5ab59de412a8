import { checkpoints, dueCount, LONGEST_MS, run, scriptOf, settle, type Call } from "./play.ts";
import { price } from "./bill.ts";
import { chunksOf, COMMENT, DONE, usageText } from "./wire.ts";

const COMMENT_MS = 1_000;
const HEADERS = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  connection: "keep-alive",
};

/** Cuts bytes inside every multi-byte character, so that no write ends on a whole one. */
function tearApart(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = [];
  let from = 0;
  for (let at = 1; at < bytes.length; at++) {
    const lead = (bytes[at - 1] ?? 0) >= 0xc0;
    if (!lead) continue;
    parts.push(bytes.subarray(from, at));
    from = at;
  }
  parts.push(bytes.subarray(from));
  return parts;
}

/** Sends contents `from` up to `to` as text. */
function contentsText(call: Call, chunks: ReturnType<typeof chunksOf>, from: number, to: number): string {
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
      usage = usageText(generation, false);
    }
    text += chunks.content(delta, usage);
  }
  return text;
}

/** Streams the answer as server-sent events, each content when it is due. */
export function playStream(call: Call): Promise<void> {
  const { exchange, plan, behaviour, generation, pace } = call;
  const { res, signal, world } = exchange;
  const { contents, ending } = scriptOf(plan, behaviour);
  const chunks = chunksOf(generation, behaviour);
  const checkpoint = checkpoints(call);
  /** Contents generated, and what is on its way but torn into parts. */
  let made = 0;
  let parts: Buffer[] = [];
  let commentAt = 0;

  const breakOff = (text: string): void => {
    res.write(text, () => world.store.afterCommit(() => res.destroy()));
  };
  const end = (text: string): boolean => {
    switch (ending) {
      case "error":
        settle(call, "failed", contents);
        res.end(text + (made === 0 && !behaviour.errorFirst ? chunks.preamble() : "") + chunks.error(502));
        return false;
      case "broken":
        settle(call, "failed", contents);
        res.end(text + chunks.broken());
        return false;
      case "cut":
        settle(call, pace.drain ? "finished" : "cancelled", pace.drain ? plan.deltas.length : contents);
        breakOff(text);
        return false;
      default:
        settle(call, "finished", contents);
        if (behaviour.cutBeforeUsage) breakOff(text + chunks.finish(plan));
        else res.end(text + chunks.finish(plan) + chunks.usage() + DONE);
        return false;
    }
  };
  /** Nobody listens any more: stop here, or run to the end for the bill. */
  const alone = (elapsed: number, now: number): boolean => {
    if (!pace.drain) {
      settle(call, "cancelled", made);
      return false;
    }
    made = dueCount(call, made, elapsed);
    if (made < plan.deltas.length || elapsed < pace.firstTokenMs) {
      checkpoint(now, made);
      return true;
    }
    settle(call, "finished", made);
    return false;
  };

  res.writeHead(200, HEADERS);
  const instant = pace.hold === null && pace.firstTokenMs === 0;
  if (!instant) res.write(COMMENT);
  let silentSince: number | null = null;
  return run(call, (elapsed, now) => {
    if (signal.aborted) return alone(elapsed, now);
    if (res.writableNeedDrain) return true;
    const part = parts.shift();
    if (part !== undefined) {
      res.write(part);
      return true;
    }
    const from = made;
    made = Math.min(contents, dueCount(call, made, elapsed));
    let text = instant && from === 0 && elapsed === 0 ? COMMENT : "";
    if (made > from) text += contentsText(call, chunks, from, made);
    if (elapsed >= pace.firstTokenMs && made === contents && silentSince === null) {
      if (ending !== "stall" && !(behaviour.splitUtf8 && text !== "")) return end(text);
      if (ending === "stall") silentSince = now;
    }
    if (silentSince !== null && now - silentSince > LONGEST_MS) {
      settle(call, "cancelled", made);
      res.destroy();
      return false;
    }
    if (text !== "" && behaviour.splitUtf8) parts = tearApart(Buffer.from(text));
    else if (text !== "") res.write(text);
    else if (made === 0 && now - commentAt > COMMENT_MS && elapsed > COMMENT_MS) {
      commentAt = now;
      res.write(COMMENT);
    }
    checkpoint(now, made);
    return true;
  });
}
