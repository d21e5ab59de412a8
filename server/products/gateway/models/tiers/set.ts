import { audit } from "../../../../kernel/identity/index.ts";
import { withSystemTx } from "../../../../platform/db/index.ts";
import type { Actor } from "../../../../platform/http/index.ts";
import { INSTALLATION } from "../../../../platform/ids.ts";
import { assert, Problem } from "../../../../platform/problem.ts";
import { gatewayProblems } from "../../problems.ts";
import { lockProvider } from "../../providers/store.ts";
import type { Gateway } from "../../settling/state.ts";
import { insertVersion, listActiveLines } from "../store.ts";
import { sameTiers, type TierText } from "./tier.ts";

/**
 * Makes a draft of the provider's prices in which this model costs what the tiers say: for what no list can say. Nothing counts
 * before an operator has approved it. 404 for a provider that does not exist, or has no active price of the model. Audited.
 */
export async function setTiers(
  { deps: { db, clock } }: Pick<Gateway, "deps">,
  actor: Actor,
  model: string,
  { provider, tiers }: { provider: string; tiers: TierText[] },
): Promise<{ outcome: "draft" | "unchanged"; version: string | null }> {
  const now = clock.now();
  return withSystemTx(db, async (tx) => {
    if (!(await lockProvider(tx, provider))) throw new Problem(gatewayProblems.provider_not_found);
    const lines = (await listActiveLines(tx)).filter((line) => line.provider === provider);
    const before = lines.find((line) => line.model === model);
    if (!before) throw new Problem(gatewayProblems.model_not_found);
    if (sameTiers(before.tiers, tiers)) return { outcome: "unchanged", version: null };
    const version = `${provider}-${now.toISOString()}-tiers`;
    const next = lines.map((line) => ({ ...line, version, ...(line.model === model && { tiers }) }));
    const added = await insertVersion(
      tx,
      { version, provider, source: "operator", first: false, lines: next },
      now,
    );
    assert(added, "no other version has this name");
    await audit(tx, now, {
      orgId: INSTALLATION,
      actorId: actor.userId ?? actor.credentialId,
      action: "llm_prices.tiers_drafted",
      targetId: version,
      detail: { provider, model, before: before.tiers, after: tiers },
    });
    return { outcome: "draft", version };
  });
}
