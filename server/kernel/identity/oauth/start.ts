import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { FLOW_MS, newState, ownPath, visitOf } from "./flow.ts";
import { noteFault } from "./fault.ts";
import type { ProviderName, SignInProvider } from "./provider.ts";
import { insertState } from "./store.ts";

/** Where companies send browsers back; registered with them. */
export const callbackUrl = (baseUrl: string, provider: ProviderName): string =>
  `${new URL(baseUrl).origin}/api/auth/oauth/${provider}/callback`;

/** A provider that is configured; 404 otherwise. */
export function getProvider(
  { providers }: Pick<IdentityDeps, "providers">,
  name: ProviderName,
): SignInProvider {
  const provider = providers[name];
  if (!provider) throw new Problem(common.not_found);
  return provider;
}

type Start = {
  provider: ProviderName;
  browser: string;
  returnTo: string | undefined;
  /** Who connects an account; null for who signs in. */
  userId: UserId | null;
  /** The token of an invitation that whoever signs up accepts. */
  invitation: string | null;
};

/** What a sealed invitation is bound to. */
export const placeOf = (stateHash: Buffer): string => `oauth state ${stateHash.toString("hex")}`;

/**
 * Sends a browser to another company, for ten minutes and one return. Returns the address of the company's page; 503 when the
 * company does not answer, with no state left behind.
 */
export async function startVisit(deps: IdentityDeps, start: Start): Promise<string> {
  const { db, clock, config, sealer } = deps;
  const state = newState();
  const stateHash = hashToken(state);
  const { invitation } = start;
  const redirectUri = callbackUrl(config.BASE_URL, start.provider);
  const started = await getProvider(deps, start.provider).start(visitOf(start.browser, state, redirectUri));
  if (started.kind === "unavailable") {
    noteFault(started);
    throw new Problem(identityProblems.provider_unavailable, { cause: started.cause });
  }
  await withSystemTx(db, (tx) =>
    insertState(tx, {
      stateHash,
      browserHash: hashToken(start.browser),
      provider: start.provider,
      userId: start.userId,
      returnTo: ownPath(start.returnTo, config.BASE_URL),
      invitation: invitation === null ? null : sealer.seal(Buffer.from(invitation), placeOf(stateHash)),
      expiresAt: addMs(clock.now(), FLOW_MS),
    }),
  );
  return started.url;
}
