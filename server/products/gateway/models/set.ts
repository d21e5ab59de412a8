import { audit } from "../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { lockModels, updateModel } from "./set-store.ts";
import { listActiveLines, listModelRows, type ActiveLine, type ModelRow } from "./store.ts";

export type AdminModel = ModelRow & {
  /** Who serves it at what price now, by provider. */
  prices: ActiveLine[];
};

/** A model with its active prices, also while it is paused or has none. 404 for one that does not exist. */
export async function readModel({ deps }: Gateway, id: string): Promise<AdminModel> {
  return withSystemTx(deps.db, async (tx) => {
    const model = (await listModelRows(tx)).find((row) => row.id === id);
    if (!model) throw new Problem(gatewayProblems.model_not_found);
    return { ...model, prices: (await listActiveLines(tx)).filter((line) => line.model === id) };
  });
}

/**
 * Changes what callers see of a model: its name, its other ids, whether it may be called. 404 for one that does not exist, 409
 * for an id that is another model's. Audited; every process heeds it at once.
 */
export async function setModel(
  gateway: Gateway,
  actor: Actor,
  id: string,
  asked: Pick<ModelRow, "name" | "image_tokens" | "paused" | "aliases"> & {
    audio_tokens?: number | null | undefined;
  },
): Promise<AdminModel> {
  const { db, clock } = gateway.deps;
  const now = clock.now();
  await withSystemTx(db, async (tx) => {
    await lockModels(tx);
    const all = await listModelRows(tx);
    const before = all.find((row) => row.id === id);
    if (!before) throw new Problem(gatewayProblems.model_not_found);
    const input = {
      ...asked,
      audio_tokens: asked.audio_tokens === undefined ? before.audio_tokens : asked.audio_tokens,
    };
    const taken = new Set(all.flatMap((row) => (row.id === id ? [id] : [row.id, ...row.aliases])));
    if (input.aliases.some((alias) => taken.has(alias))) throw new Problem(gatewayProblems.model_id_taken);
    await updateModel(tx, { id, ...input }, now);
    const { name, image_tokens, audio_tokens, paused, aliases } = before;
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: actor.userId ?? actor.credentialId,
      action: "llm_model.changed",
      targetId: id,
      detail: { before: { name, image_tokens, audio_tokens, paused, aliases }, after: input },
    });
  });
  await gateway.registry.changed();
  return readModel(gateway, id);
}
