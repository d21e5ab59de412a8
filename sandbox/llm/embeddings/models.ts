import { parseUsd, type Rates } from "../models/price.ts";

/** A model that turns texts into vectors. */
export type EmbeddingModel = {
  id: string;
  name: string;
  provider: string;
  created: number;
  /** Of one text, in tokens. */
  contextLength: number;
  dimensions: number;
  rates: Rates;
};

const model = (name: string, title: string, dimensions: number, prompt: string): EmbeddingModel => ({
  id: `openai/${name}`,
  name: title,
  provider: "OpenAI",
  created: 1_705_953_180,
  contextLength: 8_192,
  dimensions,
  rates: { prompt: parseUsd(prompt), completion: 0n, cacheRead: parseUsd(prompt) },
});

export const embeddingModels: readonly EmbeddingModel[] = [
  model("text-embedding-3-small", "OpenAI: Text Embedding 3 Small", 1_536, "0.00000002"),
  model("text-embedding-3-large", "OpenAI: Text Embedding 3 Large", 3_072, "0.00000013"),
];

const byId = new Map(embeddingModels.map((each) => [each.id, each]));

export const findEmbeddingModel = (id: string): EmbeddingModel | null => byId.get(id) ?? null;
