import { withTx } from "../../../platform/db/index.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import { addMs } from "../../../platform/clock.ts";
import type { Actor } from "../../../platform/http/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import { Problem } from "../../../platform/problem.ts";
import type { LanguageModels } from "../../../vendors/llm/index.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { insertConnect, takeConnect } from "./connect-store.ts";
import type { OwnKey, OwnKeyId } from "./own-key.ts";
import { addOwnKey, changeOwnKey, readOwnKeys, wrong } from "./set.ts";

/** The provider whose keys come by browser. */
const PROVIDER = "openrouter";
const LIVES_MS = 10 * 60_000;
const EXCHANGE_MS = 10_000;
const place = (org: OrgId): string => `llm key connect ${org}`;

/** Where a person agrees that the organization gets a key. The state is good once, for ten minutes. 404 without OpenRouter. */
export async function beginConnect(
  gateway: Gateway,
  { orgId }: Actor,
): Promise<{ url: string; expires_at: Date }> {
  const { db, clock, sealer, consoleUrl } = gateway.deps;
  const state = newToken();
  const verifier = newToken();
  const now = clock.now();
  const expires = addMs(now, LIVES_MS);
  const back = `${consoleUrl}/provider-keys?state=${state}`;
  const url = companyOf(gateway).connectPage(back, hashToken(verifier).toString("base64url"));
  if (url === null) throw new Problem(gatewayProblems.provider_not_found);
  const row = { hash: hashToken(state), verifier: sealer.seal(Buffer.from(verifier), place(orgId)), expires };
  await withTx(db, orgId, (tx) => insertConnect(tx, orgId, row, now));
  return { url, expires_at: expires };
}

/**
 * Exchanges what the person came back with for the key, which is kept; one that is there already is replaced. 422 for a
 * state that is unknown, used or over, or a code that OpenRouter does not take; 502 when it does not answer. Audited.
 */
export async function finishConnect(
  gateway: Gateway,
  actor: Actor,
  id: OwnKeyId,
  { state, code }: { state: string; code: string },
): Promise<OwnKey> {
  const { db, clock, sealer } = gateway.deps;
  const { orgId } = actor;
  const company = companyOf(gateway);
  const taken = await withTx(db, orgId, (tx) => takeConnect(tx, orgId, hashToken(state), clock.now()));
  if (!taken) throw wrong("/state", "is unknown, used or over");
  const verifier = sealer.open(taken, place(orgId)).toString();
  const answer = await company.exchange(code, verifier, AbortSignal.timeout(EXCHANGE_MS));
  if (answer === "refused") throw wrong("/code", "is refused by the provider");
  if (answer === "away") throw new Problem(gatewayProblems.upstream_failed);
  const known = (await readOwnKeys(gateway, orgId)).find(({ provider }) => provider === PROVIDER);
  if (!known) {
    const wish = { use: "prefer", fallback_to_platform: false } as const;
    return addOwnKey(gateway, actor, id, { provider: PROVIDER, secret: answer.key, ...wish });
  }
  const { use, fallback_to_platform } = known;
  return changeOwnKey(gateway, actor, known.id, { secret: answer.key, use, fallback_to_platform });
}

function companyOf({ providers }: Gateway): LanguageModels {
  const provider = providers.get(PROVIDER);
  if (!provider) throw new Problem(gatewayProblems.provider_not_found);
  return provider.llm;
}
