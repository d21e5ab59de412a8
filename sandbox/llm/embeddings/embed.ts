import type { Exchange } from "../../core/company.ts";
import { behaviourOf, type Behaviour } from "../play/behaviour.ts";
import { begin, price, save, spentOf, type Generation } from "../bills/bill.ts";
import { sendRefusalIn, type Dialect } from "../answers/dialect.ts";
import { refusalOf } from "../answers/errors.ts";
import { waitForRelease } from "../bills/holds.ts";
import { formatUsd, parseUsd } from "../models/price.ts";
import { settingsOf } from "../settings.ts";
import { countText } from "../tokens/tokens.ts";
import type { EmbeddingModel } from "./models.ts";
import { readAsked, type Asked, type Input } from "./read.ts";
import { base64Of, vectorOf } from "./vector.ts";

type Options = {
  dialect: Dialect;
  /** By what the company calls it. */
  find: (id: string) => EmbeddingModel | null;
  /** OpenRouter's own members: the generation's id and the cost. */
  own: boolean;
};

const JSON_TYPE = { "content-type": "application/json" };

/** `POST /embeddings` as a company of this dialect answers it: billed before its last byte leaves. */
export async function embedIn({ dialect, find, own }: Options, exchange: Exchange): Promise<void> {
  const { res, world, signal } = exchange;
  const asked = readAsked(exchange.rawBody, find);
  if ("refusal" in asked) return sendRefusalIn(dialect, res, asked.refusal);
  const behaviour = behaviourOf(asked.model.id, exchange.fault);
  if (behaviour.refuse !== null) return sendRefusalIn(dialect, res, refusalOf(behaviour.refuse, "fault"));
  const settings = settingsOf(world);
  if (spentOf(world) >= parseUsd(String(settings.credits)))
    return sendRefusalIn(dialect, res, refusalOf(402, "fault"));
  const counts = await Promise.all(asked.inputs.map((input) => tokensOf(input, asked.model)));
  const longest = Math.max(...counts);
  if (longest > asked.model.contextLength) {
    const message = `This model's maximum context length is ${asked.model.contextLength} tokens, however you requested ${longest} tokens. Please reduce your prompt.`;
    return sendRefusalIn(dialect, res, { status: 400, message });
  }
  if (settings.hold !== null) await waitForRelease(world, settings.hold, signal);
  if (signal.aborted) return;
  const sold = { ...asked, stream: false, metadata: null, sessionId: null };
  const prompt = counts.reduce((sum, count) => sum + count, 0);
  const generation = begin(world, sold, { prompt, cached: 0 }, dialect.idPrefix);
  generation.state = "finished";
  price(generation, sold, 0, behaviour.costTimes);
  // What is told by its id is in the books, as of chats, however broken it arrives.
  if (behaviour.billed || (behaviour.body !== "empty" && behaviour.body !== "html")) save(world, generation);
  send(exchange, behaviour, textOf(asked, generation, behaviour, own));
}

const tokensOf = (input: Input, model: EmbeddingModel): number | Promise<number> =>
  typeof input === "string" ? countText(input, model.contextLength) : input.length;

function send({ res }: Exchange, { body }: Behaviour, text: string): void {
  if (body === "empty") res.writeHead(200, JSON_TYPE).end();
  else if (body === "html") res.writeHead(502, { "content-type": "text/html" }).end("<html></html>");
  else
    res.writeHead(200, JSON_TYPE).end(body === "broken" ? text.slice(0, Math.floor(text.length / 2)) : text);
}

function textOf(asked: Asked, generation: Generation, { usage }: Behaviour, own: boolean): string {
  const data = asked.inputs.map((input, index) => {
    const vector = vectorOf(typeof input === "string" ? input : input.join(" "), asked.dimensions);
    const embedding = asked.format === "base64" ? base64Of(vector) : [...vector];
    return { object: "embedding", index, embedding };
  });
  const prompt = usage === "zero" ? 0 : generation.counts.prompt;
  const cost = own ? `,"cost":${formatUsd(usage === "zero" ? 0n : generation.cost)}` : "";
  const told = usage === "none" ? "" : `,"usage":{"prompt_tokens":${prompt},"total_tokens":${prompt}${cost}}`;
  const head = own ? `"id":"${generation.id}",` : "";
  return `{${head}"object":"list","model":${JSON.stringify(generation.model)},"data":${JSON.stringify(data)}${told}}`;
}
