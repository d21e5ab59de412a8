/** SQL of how models may be asked to think. */
import type { Tx } from "../../../../platform/db/index.ts";

/** Types of `thinking` and levels of effort, the least first. */
export type WaysRow = { types: string[]; efforts: string[] };

const KEEP = `
  insert into gateway.model_thinking as t (provider, model, types, efforts, read_at)
  select $1, w.model, array(select json_array_elements_text(w.types)), array(select json_array_elements_text(w.efforts)), $2
  from json_to_recordset($3::json) as w (model text, types json, efforts json)
  order by w.model
  on conflict (provider, model) do update
  set types = excluded.types, efforts = excluded.efforts, read_at = excluded.read_at
  where (t.types, t.efforts) is distinct from (excluded.types, excluded.efforts)
  returning 1`;

/** Keeps what a provider lists; true where it is another than it was. Models that it no longer lists stay. */
export async function keepWays(
  tx: Tx,
  provider: string,
  ways: readonly (WaysRow & { model: string })[],
  now: Date,
): Promise<boolean> {
  return (
    (await tx.query("gateway.keep_model_thinking", KEEP, [provider, now, JSON.stringify(ways)])).length > 0
  );
}
