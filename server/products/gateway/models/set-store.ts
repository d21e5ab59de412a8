/** SQL of models as operators set them up. */
import type { Tx } from "../../../platform/db/index.ts";
import type { ModelRow } from "./store.ts";

/** Nobody else adds or renames a model until the end of the transaction, so that an id stays one model's. */
export async function lockModels(tx: Tx): Promise<void> {
  await tx.query("gateway.lock_models", "lock table gateway.models in share row exclusive mode");
}

const UPDATE = `
  update gateway.models set name = $2, image_tokens = $3, paused = $4, aliases = $5, updated_at = $6, audio_tokens = $7
  where id = $1`;

export async function updateModel(tx: Tx, row: Omit<ModelRow, "created" | "task">, now: Date): Promise<void> {
  await tx.query("gateway.update_model", UPDATE, [
    row.id,
    row.name,
    row.image_tokens,
    row.paused,
    row.aliases,
    now,
    row.audio_tokens,
  ]);
}
