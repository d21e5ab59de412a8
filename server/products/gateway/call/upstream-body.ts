/** The body that goes to the provider: the caller's bytes with our own fields added. Pure. */
import type { PricedModel } from "../models/catalogue.ts";
import type { Bound } from "./bound.ts";
import { isFields, type Chat } from "./chat.ts";

const CLOSE_OBJECT = 125;
/** Never sent upstream. */
const OWN_OPTIONS = "holdfast";

/**
 * Adds the maximum of the answer, the request for usage and the highest price that may be charged. The caller's bytes are
 * kept and the fields put behind them, since writing megabytes anew would hold up other calls; only a body that already
 * has one of these fields is rewritten.
 */
export function upstreamBody(chat: Chat, model: PricedModel, bound: Bound): Buffer {
  const fields = new Map([
    ["usage", `{"include":true}`],
    ["provider", providerOf(chat, model)],
  ]);
  if (chat.stream) fields.set("stream_options", `{"include_usage":true}`);
  if (chat.maxTokens === null || bound.fitted) fields.set("max_tokens", String(bound.maxTokens));
  const left = bound.fitted ? [OWN_OPTIONS, "max_completion_tokens"] : [OWN_OPTIONS];
  const added = [...fields].map(([name, json]) => `"${name}":${json}`).join(",");
  const rewritten = chat.repeatsFields || [...fields.keys(), ...left].some((name) => name in chat.body);
  if (!rewritten) {
    const end = chat.bytes.lastIndexOf(CLOSE_OBJECT);
    return Buffer.concat([chat.bytes.subarray(0, end), Buffer.from(`,${added}}`)]);
  }
  const rest: Record<string, unknown> = { ...chat.body };
  for (const name of [...fields.keys(), ...left]) delete rest[name];
  return Buffer.from(`${JSON.stringify(rest).slice(0, -1)},${added}}`);
}

/** The caller's wishes about who serves the call, under our price limit or the caller's own where that is lower. */
function providerOf(chat: Chat, model: PricedModel): string {
  const wishes = isFields(chat.body["provider"]) ? chat.body["provider"] : {};
  const own = isFields(wishes["max_price"]) ? wishes["max_price"] : {};
  const max = JSON.parse(model.maxPrice) as Record<string, number>;
  const lower = Object.entries(own).filter(
    ([line, price]) => typeof price === "number" && !(price >= (max[line] ?? 0)),
  );
  return JSON.stringify({ ...wishes, max_price: { ...max, ...Object.fromEntries(lower) } });
}
