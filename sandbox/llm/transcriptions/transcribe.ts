import type { Exchange } from "../../core/company.ts";
import { sendRefusalIn, type Dialect } from "../answers/dialect.ts";
import { refusalOf } from "../answers/errors.ts";
import { begin, price, save, spentOf, type Generation } from "../bills/bill.ts";
import { waitForRelease } from "../bills/holds.ts";
import { parseUsd } from "../models/price.ts";
import { behaviourOf, type Behaviour } from "../play/behaviour.ts";
import { settingsOf } from "../settings.ts";
import { countText } from "../tokens/tokens.ts";
import type { SoundModel } from "./models.ts";
import { readAsked, type Asked } from "./read.ts";
import { segmentsOf, type Segment } from "./words.ts";

const JSON_TYPE = { "content-type": "application/json" };
/** Of sound, as models that are paid by tokens count it. */
const TOKENS_PER_SECOND = 10;
const MOST_ANSWER_TOKENS = 2_000;

type Options = { dialect: Dialect; find: (id: string) => SoundModel | null };

/** `POST /audio/transcriptions`: billed before its last byte leaves. */
export async function transcribeIn({ dialect, find }: Options, exchange: Exchange): Promise<void> {
  const { res, world, signal, headers } = exchange;
  const asked = await readAsked(headers["content-type"], exchange.rawBody, find);
  if ("refusal" in asked) return sendRefusalIn(dialect, res, asked.refusal);
  const behaviour = behaviourOf(asked.model.id, exchange.fault);
  if (behaviour.refuse !== null) return sendRefusalIn(dialect, res, refusalOf(behaviour.refuse, "fault"));
  const settings = settingsOf(world);
  if (spentOf(world) >= parseUsd(String(settings.credits)))
    return sendRefusalIn(dialect, res, refusalOf(402, "fault"));
  if (settings.hold !== null) await waitForRelease(world, settings.hold, signal);
  if (signal.aborted) return;
  const segments = segmentsOf(asked);
  const text = segments.map((segment) => segment.text).join(" ");
  const generation = await billed(exchange, { asked, behaviour, text, idPrefix: dialect.idPrefix });
  send(exchange, behaviour, answerOf(asked, { segments, text, generation, behaviour }));
}

type Billing = { asked: Asked; behaviour: Behaviour; text: string; idPrefix: string };

async function billed(
  { world }: Exchange,
  { asked, behaviour, text, idPrefix }: Billing,
): Promise<Generation> {
  const { model } = asked;
  const sold = { model, stream: false, user: null, metadata: null, sessionId: null };
  const bySecond = model.perSecond !== null;
  const prompt = bySecond ? 0 : Math.ceil(asked.seconds * TOKENS_PER_SECOND);
  const completion = bySecond ? 0 : await countText(text, MOST_ANSWER_TOKENS);
  const generation = begin(world, sold, { prompt, cached: 0 }, idPrefix);
  generation.state = "finished";
  price(generation, sold, completion, behaviour.costTimes);
  generation.cost += (model.perSecond ?? 0n) * BigInt(wholeSeconds(asked)) * behaviour.costTimes;
  if (behaviour.body === "normal" || behaviour.billed) save(world, generation);
  return generation;
}

/** What is paid: rounded to the nearest. */
const wholeSeconds = ({ seconds }: Asked): number => Math.max(Math.round(seconds), 1);

type Heard = { segments: Segment[]; text: string; generation: Generation; behaviour: Behaviour };

function answerOf(asked: Asked, heard: Heard): { type: string; body: string } {
  const { segments, text } = heard;
  if (asked.format === "text") return { type: "text/plain; charset=utf-8", body: `${text}\n` };
  if (asked.format === "srt" || asked.format === "vtt")
    return { type: "text/plain; charset=utf-8", body: cuesOf(asked.format, segments) };
  const usage = usageOf(asked, heard);
  const told = { text, ...(usage && { usage }) };
  const whole = {
    task: "transcribe",
    language: "english",
    duration: asked.seconds,
    ...told,
    segments: segments.map(segmentOf),
  };
  return { type: "application/json", body: JSON.stringify(asked.format === "json" ? told : whole) };
}

function usageOf(asked: Asked, { generation, behaviour }: Heard): object | null {
  if (behaviour.usage === "none") return null;
  const zero = behaviour.usage === "zero";
  if (asked.model.perSecond !== null) return { type: "duration", seconds: zero ? 0 : wholeSeconds(asked) };
  const { prompt, completion } = zero ? { prompt: 0, completion: 0 } : generation.counts;
  return {
    type: "tokens",
    input_tokens: prompt,
    input_token_details: { text_tokens: 0, audio_tokens: prompt },
    output_tokens: completion,
    total_tokens: prompt + completion,
  };
}

const segmentOf = ({ start, end, text }: Segment, id: number): object => ({
  id,
  seek: 0,
  start,
  end,
  text: ` ${text}`,
  tokens: [],
  temperature: 0,
  avg_logprob: -0.2,
  compression_ratio: 1.2,
  no_speech_prob: 0.01,
});

function cuesOf(format: "srt" | "vtt", segments: readonly Segment[]): string {
  const point = format === "srt" ? "," : ".";
  const stamp = (seconds: number) =>
    new Date(seconds * 1_000).toISOString().slice(11, 23).replace(".", point);
  const cues = segments.map(
    ({ start, end, text }, at) =>
      `${format === "srt" ? `${at + 1}\n` : ""}${stamp(start)} --> ${stamp(end)}\n${text}\n\n`,
  );
  return (format === "vtt" ? "WEBVTT\n\n" : "") + cues.join("");
}

function send(
  { res }: Exchange,
  { body: manner }: Behaviour,
  { type, body }: { type: string; body: string },
): void {
  if (manner === "empty") res.writeHead(200, JSON_TYPE).end();
  else if (manner === "html") res.writeHead(502, { "content-type": "text/html" }).end("<html></html>");
  else
    res
      .writeHead(200, { "content-type": type })
      .end(manner === "broken" ? body.slice(0, Math.floor(body.length / 2)) : body);
}
