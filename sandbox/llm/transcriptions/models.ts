import { parseUsd, type Rates } from "../models/price.ts";

/** A model that writes down sound: paid by the second, or by tokens of sound and of text. */
export type SoundModel = {
  id: string;
  name: string;
  provider: string;
  created: number;
  rates: Rates;
  /** Null where tokens are paid. */
  perSecond: bigint | null;
};

const model = (
  id: string,
  name: string,
  created: number,
  price: { prompt: string; completion: string; second?: string },
): SoundModel => ({
  id: `openai/${id}`,
  name,
  provider: "OpenAI",
  created,
  rates: {
    prompt: parseUsd(price.prompt),
    completion: parseUsd(price.completion),
    cacheRead: parseUsd(price.prompt),
  },
  perSecond: price.second === undefined ? null : parseUsd(price.second),
});

export const soundModels: readonly SoundModel[] = [
  model("whisper-1", "Whisper", 1_677_532_384, { prompt: "0", completion: "0", second: "0.0001" }),
  model("gpt-4o-transcribe", "GPT-4o Transcribe", 1_742_068_463, {
    prompt: "0.000006",
    completion: "0.00001",
  }),
  model("gpt-4o-mini-transcribe", "GPT-4o mini Transcribe", 1_742_068_596, {
    prompt: "0.000003",
    completion: "0.000005",
  }),
];

const byId = new Map(soundModels.map((each) => [each.id, each]));

export const findSoundModel = (id: string): SoundModel | null => byId.get(id) ?? null;
