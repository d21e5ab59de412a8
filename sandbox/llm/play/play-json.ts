import type { ServerResponse } from "node:http";
import { sendRefusalIn } from "../answers/dialect.ts";
import { refusalOf } from "../answers/errors.ts";
import { checkpoints, dueCount, LONGEST_MS, run, scriptOf, settle, type Call } from "./play.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Sends the beginning of an answer whose length is promised in full; the rest never comes. */
function sendHalf(res: ServerResponse, text: string, then: () => void): void {
  res.writeHead(200, { ...JSON_TYPE, "content-length": String(Buffer.byteLength(text)) });
  res.write(text.slice(0, Math.floor(text.length / 2)), then);
}

/** Answers with one JSON body when the whole answer has been generated. */
export function playJson(call: Call): Promise<void> {
  const { dialect, exchange, plan, behaviour, generation, pace } = call;
  const { res, signal, world } = exchange;
  const { contents, ending } = scriptOf(plan, behaviour);
  const whole = plan.deltas.length;
  const checkpoint = checkpoints(call);
  let made = 0;
  let stalled = false;

  const finish = (): boolean => {
    if (ending === "error") {
      settle(call, "failed", contents);
      sendRefusalIn(dialect, res, refusalOf(502, "fault"));
      return false;
    }
    settle(
      call,
      ending === "cut" && !pace.drain ? "cancelled" : "finished",
      ending === "cut" ? contents : whole,
    );
    const text = dialect.json(generation, plan, behaviour);
    if (ending === "cut" || behaviour.cutBeforeUsage) {
      sendHalf(res, text, () => world.store.afterCommit(() => res.destroy()));
    } else if (behaviour.body === "broken") {
      res
        .writeHead(200, { ...JSON_TYPE, ...dialect.headers(generation) })
        .end(text.slice(0, Math.floor(text.length / 2)));
    } else {
      res.writeHead(200, { ...JSON_TYPE, ...dialect.headers(generation) }).end(text);
    }
    return false;
  };
  return run(call, (elapsed, now) => {
    if (signal.aborted && !pace.drain) {
      settle(call, "cancelled", made);
      return false;
    }
    made = dueCount(call, made, elapsed);
    if (stalled && elapsed > LONGEST_MS) {
      settle(call, "cancelled", made);
      res.destroy();
      return false;
    }
    if (elapsed < pace.firstTokenMs || made < whole) {
      checkpoint(now, made);
      return true;
    }
    if (ending === "stall" && !signal.aborted) {
      if (!stalled) sendHalf(res, dialect.json(generation, plan, behaviour), () => undefined);
      stalled = true;
      return true;
    }
    return finish();
  });
}
