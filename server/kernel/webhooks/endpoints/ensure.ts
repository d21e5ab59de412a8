import { createHash } from "node:crypto";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import type { InboxDeps } from "../deps.ts";
import type { Source } from "../sources/source.ts";
import { placeOf, type EndpointRow, type SecretRow } from "./endpoint.ts";
import {
  deleteSecrets,
  insertEndpoint,
  insertSecret,
  listEndpoints,
  listSecretsOf,
  lockEndpoint,
  updateEndpoint,
} from "./store.ts";

const HINT_CHARS = 4;
const LOCK = 4_815_162_344;

/**
 * Makes the default endpoint of each source that has none, and gives it what configuration says: secrets that are new are
 * added, those that it names no more go, and one that an operator ended or removed does not come back. Racing processes do it
 * one after the other.
 */
export async function ensureEndpoints(deps: InboxDeps): Promise<void> {
  const { db, clock, sources, maxAttempts } = deps;
  await withSystemTx(db, async (tx) => {
    await tx.query("webhooks.ensure_lock", `select pg_advisory_xact_lock(${LOCK})`);
    for (const { name, accountId, mode } of sources)
      await insertEndpoint(tx, {
        id: newId("whe"),
        source: name,
        account_id: accountId,
        mode,
        provider_webhook_id: null,
        is_default: true,
        enabled: true,
        max_attempts: maxAttempts,
        cap_per_minute: null,
        created_at: clock.now(),
      });
    const rows = (await listEndpoints(tx)).filter((row) => row.is_default);
    for (const source of sources) {
      const row = rows.find(
        (each) =>
          each.source === source.name && each.account_id === source.accountId && each.mode === source.mode,
      );
      if (row) await configure(deps, tx, row, source);
    }
  });
}

async function configure(deps: InboxDeps, tx: Tx, row: EndpointRow, source: Source): Promise<void> {
  const now = deps.clock.now();
  if (source.webhookId && source.webhookId !== row.provider_webhook_id) {
    const locked = await lockEndpoint(tx, row.id);
    if (locked) await updateEndpoint(tx, { ...locked, provider_webhook_id: source.webhookId });
  }
  const known = await listSecretsOf(tx, row.id);
  const wanted = source.secrets ?? [];
  for (const secret of wanted) {
    if (known.some(({ hash }) => hash.equals(hashOf(secret)))) continue;
    await insertSecret(
      tx,
      sealSecret(deps, row, secret, { starts_at: now, ends_at: null, from_config: true }),
    );
  }
  const hashes = wanted.map(hashOf);
  const dropped = known.filter(
    ({ from_config: ours, removed_at: removed, hash }) =>
      ours && removed === null && !hashes.some((each) => each.equals(hash)),
  );
  await deleteSecrets(
    tx,
    dropped.map(({ id }) => id),
  );
}

export const hashOf = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** The row of a secret, which only this installation can open. */
export function sealSecret(
  { sealer, clock }: Pick<InboxDeps, "sealer" | "clock">,
  { id: endpointId }: Pick<EndpointRow, "id">,
  secret: string,
  life: Pick<SecretRow, "starts_at" | "ends_at" | "from_config">,
): Omit<SecretRow, "removed_at"> {
  const id = newId("whs");
  return {
    id,
    endpoint_id: endpointId,
    hash: hashOf(secret),
    sealed: sealer.seal(Buffer.from(secret), placeOf(id)),
    hint: secret.slice(-HINT_CHARS),
    created_at: clock.now(),
    ...life,
  };
}
