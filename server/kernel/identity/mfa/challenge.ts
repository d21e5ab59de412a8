import { addMs } from "../../../platform/clock.ts";
import { hashToken, newToken } from "../../../platform/crypto/index.ts";
import type { Tx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import type { IdentityDeps } from "../deps.ts";
import type { Amr, Factor, Proven, SignInMode } from "../sessions/session.ts";
import { insertChallenge } from "./challenge-store.ts";
import { countCodesLeft } from "./code-store.ts";

export const CHALLENGE_LIVES_MS = 5 * 60_000;

/** What may be shown as a second factor. */
export type SecondFactor = Factor | "backup_code";

/** A sign-in that needs a second factor: what to show, and the secret that carries it on. */
export type MfaChallenge = { challenge: string; methods: readonly SecondFactor[]; expiresInSeconds: number };

const COUNT_AS_TWO: ReadonlySet<Amr> = new Set(["passkey", "otp", "backup"]);

/** True when what was proven is one factor alone; a passkey is two. */
export const isOneFactor = (amr: readonly Amr[]): boolean => !amr.some((each) => COUNT_AS_TWO.has(each));

/** Makes the first proof wait for the second, for five minutes. Only the secret's hash is kept. */
export async function openChallenge(
  tx: Tx,
  { clock }: Pick<IdentityDeps, "clock">,
  { userId, amr }: Proven,
  mode: SignInMode,
  factors: readonly Factor[],
): Promise<MfaChallenge> {
  const challenge = newToken();
  const now = clock.now();
  const codes = (await countCodesLeft(tx, userId)) > 0;
  await insertChallenge(tx, {
    id: newId("chl"),
    userId,
    amr,
    mode,
    tokenHash: hashToken(challenge),
    expiresAt: addMs(now, CHALLENGE_LIVES_MS),
    now,
  });
  return {
    challenge,
    methods: [...factors, ...(codes ? (["backup_code"] as const) : [])],
    expiresInSeconds: CHALLENGE_LIVES_MS / 1000,
  };
}
