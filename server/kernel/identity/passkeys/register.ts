import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { type Tx, withSystemTx } from "../../../platform/db/index.ts";
import { newId, type UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import { audit } from "../audit/index.ts";
import type { IdentityDeps } from "../deps.ts";
import {
  type Attestation,
  challengeOf,
  checkAttestation,
  type RegistrationOptions,
  registrationOptions,
} from "../engine/webauthn.ts";
import { factorsChanged, renewSecret } from "../mfa/changed.ts";
import { type CodeSet, keepCodes, makeCodes } from "../mfa/codes.ts";
import { tellFactorChange } from "../mfa/mails.ts";
import type { Owner } from "../mfa/owner.ts";
import { lockUser } from "../people/store.ts";
import { identityProblems } from "../problems.ts";
import type { OpenedSession } from "../sessions/session.ts";
import { listFactors } from "../sessions/store.ts";
import { insertCeremony, spendCeremony } from "./ceremony-store.ts";
import { CEREMONY_MS, MAX_PASSKEYS, type Passkey, relyingParty } from "./passkey.ts";
import { insertPasskey, listPasskeys } from "./store.ts";

/** What the person's authenticator is asked to make. 409 when they have ten. */
export async function newPasskeyOptions(
  { db, clock, config }: IdentityDeps,
  { userId }: Owner,
): Promise<RegistrationOptions> {
  const { user, known } = await withSystemTx(db, async (tx) => ({
    known: await listWithRoom(tx, userId),
    user: await lockUser(tx, userId),
  }));
  if (!user) throw new Problem(common.unauthenticated);
  const credentials = known.map(({ credentialId: id, transports }) => ({ id, transports }));
  const options = await registrationOptions(relyingParty(config), user, credentials, CEREMONY_MS);
  const challengeHash = hashToken(options.challenge);
  const expiresAt = addMs(clock.now(), CEREMONY_MS);
  await withSystemTx(db, (tx) =>
    insertCeremony(tx, { challengeHash, purpose: "register", userId, expiresAt }),
  );
  return options;
}

export type Added = {
  passkey: Passkey;
  /** Told once, with the first factor a person has; null later. */
  codes: string[] | null;
  opened: OpenedSession | null;
};

/**
 * Keeps a passkey that the person's authenticator made. With their first factor come ten backup codes: from then on a
 * password alone lets nobody in. The session goes on under a new secret.
 */
export async function addPasskey(
  deps: IdentityDeps,
  owner: Owner,
  { attestation, name }: { attestation: Attestation; name: string },
): Promise<Added> {
  const made = await checkNew(deps, owner, attestation);
  const first = await withSystemTx(deps.db, async (tx) => (await listFactors(tx, owner.userId)).length === 0);
  const set = first ? await makeCodes() : null;
  const passkey: Passkey = {
    id: newId("pky"),
    userId: owner.userId,
    credentialId: made.credentialId,
    transports: attestation.response.transports,
    synced: made.synced,
    name,
    createdAt: deps.clock.now(),
    lastUsedAt: null,
  };
  return withSystemTx(deps.db, async (tx) => {
    await lockUser(tx, owner.userId);
    await listWithRoom(tx, owner.userId);
    const { publicKey, counter } = made;
    if (!(await insertPasskey(tx, { ...passkey, publicKey, counter })))
      throw new Problem(identityProblems.passkey_known);
    const { userId: actorId, orgId } = owner;
    const now = deps.clock.now();
    await audit(tx, now, { orgId, actorId, action: "passkey.added", targetId: passkey.id });
    const codes = set && (await keepFirst(tx, owner, set, now));
    await tellFactorChange(tx, deps, owner.userId, "passkey_added");
    await factorsChanged(tx, deps, owner.userId);
    return { passkey, codes, opened: await renewSecret(tx, owner, now) };
  });
}

/** The codes, unless another factor came first meanwhile and brought its own. */
async function keepFirst(tx: Tx, owner: Owner, set: CodeSet, now: Date): Promise<string[] | null> {
  if ((await listFactors(tx, owner.userId)).length > 1) return null;
  if ((await listPasskeys(tx, owner.userId)).length > 1) return null;
  await keepCodes(tx, owner, set, now);
  return set.codes;
}

async function checkNew(
  { db, clock, config }: IdentityDeps,
  { userId }: Owner,
  attestation: Attestation,
): Promise<{ credentialId: string; publicKey: Buffer; counter: number; synced: boolean }> {
  const challenge = challengeOf(attestation);
  const ceremony =
    challenge &&
    (await withSystemTx(db, (tx) => spendCeremony(tx, hashToken(challenge), "register", clock.now())));
  const made =
    challenge && ceremony && ceremony.userId === userId
      ? await checkAttestation(relyingParty(config), attestation, challenge)
      : null;
  if (!made)
    throw new Problem(common.invalid_input, {
      errors: [{ pointer: "/attestation", detail: "does not answer a request of the last five minutes" }],
    });
  return made;
}

/** The person's passkeys; 409 when there is no room for one more. */
async function listWithRoom(tx: Tx, userId: UserId): Promise<Passkey[]> {
  const passkeys = await listPasskeys(tx, userId);
  if (passkeys.length >= MAX_PASSKEYS) throw new Problem(identityProblems.too_many_passkeys);
  return passkeys;
}
