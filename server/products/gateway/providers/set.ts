import { audit } from "../../../kernel/identity/index.ts";
import { withSystemTx, type Tx } from "../../../platform/db/index.ts";
import type { Actor } from "../../../platform/http/index.ts";
import { INSTALLATION } from "../../../platform/ids.ts";
import { assert, common, Problem } from "../../../platform/problem.ts";
import { KINDS } from "../../../vendors/llm/index.ts";
import { secretPlace } from "../models/registry.ts";
import { insertVersion, listActiveLines, type ProviderRow } from "../models/store.ts";
import { decideVersion, listVersions } from "../prices/store.ts";
import { gatewayProblems } from "../problems.ts";
import type { Gateway } from "../settling/state.ts";
import { addressFault } from "./address.ts";
import { readProvider, type AdminProvider } from "./read.ts";
import { timeoutsRow, type ProviderInput } from "./schemas.ts";
import { insertProvider, lockProvider, updateProvider } from "./store.ts";

const wrong = (pointer: string, detail: string) =>
  new Problem(common.invalid_input, { errors: [{ pointer, detail }] });

/** Adds somebody who serves models; prices come by import or from its own list. 409 for an id that is taken. Audited. */
export async function addProvider(
  gateway: Gateway,
  actor: Actor,
  id: string,
  input: ProviderInput,
): Promise<AdminProvider> {
  const { db, clock } = gateway.deps;
  checkAddress(input);
  if (input.secret === undefined) throw wrong("/secret", "is missing");
  const row = rowOf(gateway, id, input, null);
  const now = clock.now();
  await withSystemTx(db, async (tx) => {
    if (!(await insertProvider(tx, row, now))) throw new Problem(gatewayProblems.provider_exists);
    await written(tx, actor, now, { action: "llm_provider.added", id, detail: { after: shown(row) } });
  });
  return done(gateway, id);
}

/**
 * Sets a provider up anew. 404 for none. Another address or kind needs the secret again: a key is never sent to where it was
 * not meant for. Another markup makes a version of its prices that counts at once, and rejects waiting drafts, which were made
 * with the old one. Calls under way end as they began. Audited.
 */
export async function changeProvider(
  gateway: Gateway,
  actor: Actor,
  id: string,
  input: ProviderInput,
): Promise<AdminProvider> {
  const { db, clock } = gateway.deps;
  checkAddress(input);
  const now = clock.now();
  await withSystemTx(db, async (tx) => {
    const before = await lockProvider(tx, id);
    if (!before) throw new Problem(gatewayProblems.provider_not_found);
    checkSecret(input, before);
    const row = rowOf(gateway, id, input, before);
    await updateProvider(tx, row, now);
    if (row.markup_percent !== before.markup_percent) await repriced(tx, actor, id, now);
    await written(tx, actor, now, {
      action: "llm_provider.changed",
      id,
      detail: { before: shown(before), after: shown(row), secret_changed: input.secret !== undefined },
    });
  });
  return done(gateway, id);
}

function checkAddress({ kind, base_url: url, private_address: isPrivate }: ProviderInput): void {
  if (url === null) {
    if (KINDS[kind].officialUrl === null) throw wrong("/base_url", "is missing: this kind has no address");
    return;
  }
  const fault = addressFault(url, isPrivate);
  if (fault !== null) throw wrong("/base_url", fault);
}

function checkSecret(input: ProviderInput, before: ProviderRow): void {
  if (input.secret !== undefined) return;
  const same = trimmed(input.base_url) === before.base_url && input.kind === before.kind;
  const environments = before.secret === null && input.base_url === null && input.kind === before.kind;
  if (!same && !environments) throw wrong("/secret", "must be given again with another address or kind");
}

const trimmed = (url: string | null): string | null => url?.replace(/\/+$/, "") ?? null;

function rowOf({ deps }: Gateway, id: string, input: ProviderInput, before: ProviderRow | null): ProviderRow {
  const { secret } = input;
  return {
    id,
    kind: input.kind,
    base_url: trimmed(input.base_url),
    secret:
      secret === undefined
        ? (before?.secret ?? null)
        : deps.sealer.seal(Buffer.from(secret), secretPlace(id)),
    secret_last4: secret === undefined ? (before?.secret_last4 ?? null) : secret.slice(-4),
    enabled: input.enabled,
    private_address: input.private_address,
    cost_basis: input.cost_basis,
    markup_percent: input.markup_percent,
    plan_markups: input.plan_markups,
    on_disconnect: input.on_disconnect,
    timeouts: timeoutsRow(input.timeouts),
  };
}

/** The active prices once more, with the markup that the provider has now. */
async function repriced(tx: Tx, actor: Actor, provider: string, now: Date): Promise<void> {
  const decided = { at: now, by: actor.userId ?? actor.credentialId };
  const known = (await listVersions(tx)).filter((version) => version.provider === provider);
  for (const { version, state } of known)
    if (state === "draft") await decideVersion(tx, version, { state: "rejected", ...decided });
  const lines = (await listActiveLines(tx)).filter((line) => line.provider === provider);
  const [first] = lines;
  if (!first) return;
  const version = `${provider}-${now.toISOString()}-markup`;
  const again = lines.map((line) => ({ ...line, version }));
  const added = await insertVersion(
    tx,
    { version, provider, source: "markup", first: false, lines: again },
    now,
  );
  assert(added, "no other version has this name");
  await decideVersion(tx, first.version, { state: "retired", ...decided });
  await decideVersion(tx, version, { state: "active", ...decided });
}

/** What the trail may know: no secret. */
const shown = ({ secret: _secret, timeouts, ...row }: ProviderRow) => ({ ...row, timeouts: { ...timeouts } });

async function written(
  tx: Tx,
  actor: Actor,
  now: Date,
  { action, id, detail }: { action: string; id: string; detail: Record<string, unknown> },
): Promise<void> {
  const actorId = actor.userId ?? actor.credentialId;
  await audit(tx, now, { orgId: INSTALLATION, actorId, action, targetId: id, detail });
}

async function done(gateway: Gateway, id: string): Promise<AdminProvider> {
  await gateway.registry.changed();
  const provider = await readProvider(gateway, id);
  assert(provider, "providers are never removed");
  return provider;
}
