import { type Tx, withSystemTx, withTx } from "../../../platform/db/index.ts";
import type { OrgId, UserId } from "../../../platform/ids.ts";
import { audit, findUsers } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { listOwners } from "../members/store.ts";
import { matchesKey, parseKey } from "./api-key.ts";
import { findKey, findSecrets, locateKey, revokeKeyRow } from "./store.ts";
import { unusedBefore } from "./create.ts";

/** Ends a key whose text somebody found; its maker and the organization's owners are told. Anything else: nothing happens. */
export async function reportLeak(deps: TenancyDeps, text: string): Promise<void> {
  const parsed = parseKey(text.trim());
  const place = parsed && (await withSystemTx(deps.db, (tx) => locateKey(tx, parsed.publicId)));
  if (!parsed || !place) return;
  const { orgId, keyId } = place;
  const now = deps.clock.now();
  await withTx(deps.db, orgId, async (tx) => {
    const secrets = await findSecrets(tx, orgId, keyId);
    const key = await findKey(tx, orgId, keyId, null, unusedBefore(deps));
    const known = secrets && (secrets.previous ? [secrets.current, secrets.previous] : [secrets.current]);
    if (!key || !known?.some((hash) => matchesKey(parsed.text, hash, deps.config.API_KEY_PEPPER))) return;
    await revokeKeyRow(tx, orgId, keyId, null, now);
    await audit(tx, now, { orgId, actorId: "system", action: "key.leak_reported", targetId: keyId });
    await tellPeople(tx, deps, orgId, key.createdBy, "tenancy.key_leaked", { key_id: keyId });
    await deps.revocations.revokeWith(tx, { credentialId: keyId });
    tx.afterCommit(() => deps.hub.publish("api_key.updated", orgId, { id: keyId }));
  });
}

/** A key's people: its maker, and the organization's owners. */
export async function tellPeople(
  tx: Tx,
  { mail }: Pick<TenancyDeps, "mail">,
  orgId: OrgId,
  maker: UserId,
  kind: string,
  ref: Record<string, string>,
): Promise<void> {
  const people = new Set([maker, ...(await listOwners(tx, orgId))]);
  for (const { email } of await findUsers(tx, [...people]))
    await mail.send(tx, { kind, to: email, orgId, ref });
}
