import { audit } from "../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { decideVersion, lockVersions, type VersionRow } from "./store.ts";

/** Makes a draft count, or never. 404 for one that does not exist, 409 for one that is decided. Audited. */
export async function decidePrices(
  { deps, registry }: Gateway,
  actor: Actor,
  version: string,
  state: "active" | "rejected",
): Promise<VersionRow> {
  const by = actor.userId ?? actor.credentialId;
  const at = deps.clock.now();
  const decided = await withSystemTx(deps.db, async (tx) => {
    const rows = await lockVersions(tx, version);
    const draft = rows.find((row) => row.version === version);
    if (!draft) throw new Problem(gatewayProblems.price_version_not_found);
    if (draft.state !== "draft") throw new Problem(gatewayProblems.price_version_decided);
    const before = rows.find((row) => row.state === "active");
    if (state === "active" && before) await decideVersion(tx, before.version, { state: "retired", at, by });
    await decideVersion(tx, version, { state, at, by });
    await audit(tx, at, {
      orgId: INSTALLATION,
      actorId: by,
      action: state === "active" ? "llm_prices.approved" : "llm_prices.rejected",
      targetId: version,
      detail: { provider: draft.provider, before: before?.version ?? null },
    });
    return { ...draft, state, decided_at: at, decided_by: by };
  });
  if (state === "active") await registry.changed();
  return decided;
}
