import { withSystemTx } from "../../../platform/db/index.ts";
import { Problem } from "../../../platform/problem.ts";
import { confirmAddress, undoAddress } from "../address/change-address.ts";
import type { IdentityDeps } from "../deps.ts";
import type { LiveToken } from "../mailed/store.ts";
import type { Purpose } from "../mailed/purpose.ts";
import { findToken } from "../mailed/token.ts";
import { cancelMfaReset } from "../operators/reset-mfa.ts";
import type { User } from "../people/user.ts";
import { identityProblems } from "../problems.ts";
import { confirmRegistration, type Registrant } from "./confirm.ts";

/** Spends the token and does what it is for. */
type Act = (deps: IdentityDeps, token: LiveToken, registrant: Registrant) => Promise<User>;

/** What the one page for mailed links can do. */
const ACTS = {
  verify: confirmRegistration,
  new_address: confirmAddress,
  undo_address: undoAddress,
  cancel_mfa_reset: (deps, token) => cancelMfaReset(deps, token),
} satisfies Partial<Record<Purpose, Act>>;
export type VerifyPurpose = keyof typeof ACTS;
const PURPOSES = Object.keys(ACTS) as VerifyPurpose[];

/** Does what a mailed link is for. 410 when it was used, voided, or has expired. */
export async function verifyEmail(
  deps: IdentityDeps,
  token: string,
  registrant: Registrant,
): Promise<{ purpose: VerifyPurpose; user: User }> {
  const live = await withSystemTx(deps.db, (tx) => findToken(tx, token, PURPOSES, deps.clock.now()));
  if (!live) throw new Problem(identityProblems.token_spent);
  const purpose = live.purpose as VerifyPurpose;
  const act: Act = ACTS[purpose];
  return { purpose, user: await act(deps, live, registrant) };
}
