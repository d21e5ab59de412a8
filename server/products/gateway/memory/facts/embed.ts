import { Problem } from "../../../../platform/problem.ts";
import { innerEmbedding, type InnerEmbedding } from "../../call/inner-call.ts";
import type { Gateway } from "../../settling/state.ts";
import { vectorOf, type Vector } from "./vector.ts";

/** A call waits so long for what its question is about, and what is written down for what it is about. */
export const QUESTION_WAITS_MS = 1_000;
export const WRITING_WAITS_MS = 5_000;

type Wanted = Pick<InnerEmbedding, "actor" | "texts" | "projectId" | "routing" | "once"> & { waitMs: number };

/**
 * What texts are about, paid by the actor; null for each where no model is configured for it, the actor may not or cannot pay for
 * it, or it takes too long: then their words count.
 */
export async function vectorsOf(gateway: Gateway, { waitMs, ...wanted }: Wanted): Promise<(Vector | null)[]> {
  const { memoryEmbeddingModel: model, logger } = gateway.deps;
  const none = wanted.texts.map(() => null);
  if (!model || none.length === 0) return none;
  try {
    const signal = AbortSignal.timeout(waitMs);
    const vectors = await innerEmbedding(gateway, { ...wanted, model, purpose: "memory", signal });
    return none.map((_, at) => vectorOf(model, vectors[at] ?? []));
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    logger.warn({ code: error.kind.code }, "memory goes by words");
    return none;
  }
}
