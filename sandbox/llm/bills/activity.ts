/** `GET /activity`: what was used per day and model, of the last 30 completed UTC days; asked with the management key. */
import { hash } from "node:crypto";
import type { Exchange } from "../../core/company.ts";
import { soldBetween, type Generation } from "./bill.ts";
import { refuse, sendRefusal } from "../answers/errors.ts";
import { formatUsd } from "../models/price.ts";

const DAY_MS = 86_400_000;
const DAYS = 30;

/** Other keys may call models but not read the account's books, as at OpenRouter. `apiKey` is the one that calls models. */
export function getActivity(exchange: Exchange, keys: { management: string; apiKey: string }): void {
  const { headers, query, res, world } = exchange;
  if (headers.authorization !== `Bearer ${keys.management}`)
    return sendRefusal(res, refuse(403, "Only management keys can perform this operation").refusal);
  const today = Math.floor(world.clock.now() / DAY_MS);
  const date = query.get("date");
  const day = date === null ? null : dayOf(date);
  if (day !== null && !(day < today && day >= today - DAYS))
    return sendRefusal(res, refuse(400, "Date must be within the last 30 (completed) UTC days").refusal);
  const [from, to] = day === null ? [today - DAYS, today] : [day, day + 1];
  const wanted = query.get("api_key_hash") ?? hash("sha256", keys.apiKey);
  const sold = wanted === hash("sha256", keys.apiKey) ? soldBetween(world, from * DAY_MS, to * DAY_MS) : [];
  const rows = Map.groupBy(
    sold,
    ({ createdMs, model, provider }) =>
      `${new Date(createdMs).toISOString().slice(0, 10)}\n${model}\n${provider}`,
  );
  const items = [...rows].toSorted(([a], [b]) => (a < b ? 1 : -1)).map(([key, some]) => itemOf(key, some));
  res.writeHead(200, { "content-type": "application/json" }).end(`{"data":[${items.join(",")}]}`);
}

/** NaN for what is no day. */
const dayOf = (date: string): number =>
  /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(`${date}T00:00:00Z`) / DAY_MS : Number.NaN;

function itemOf(key: string, some: readonly Generation[]): string {
  const [date, model, provider] = key.split("\n");
  const sum = (count: (g: Generation) => number) => some.reduce((total, g) => total + count(g), 0);
  const item = {
    date,
    model,
    model_permaslug: model,
    endpoint_id: `${model}@${provider}`,
    provider_name: provider,
    byok_usage_inference: 0,
    requests: some.length,
    prompt_tokens: sum(({ counts }) => counts.prompt),
    completion_tokens: sum(({ counts }) => counts.completion),
    reasoning_tokens: 0,
  };
  const usage = formatUsd(some.reduce((total, { cost }) => total + cost, 0n));
  return `${JSON.stringify(item).slice(0, -1)},"usage":${usage}}`;
}
