import { addMs } from "../../../platform/clock.ts";
import { hashToken } from "../../../platform/crypto/index.ts";
import { withSystemTx } from "../../../platform/db/index.ts";
import type { UserId } from "../../../platform/ids.ts";
import { Problem, common } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import { FLOW_MS, newState, ownPath, visitOf } from "./flow.ts";
import { noteFault } from "./fault.ts";
import type { Company, ProviderName } from "./provider.ts";
import { insertState } from "./store.ts";

/** Where the company sends browsers back. */
export const callbackUrl = (baseUrl: string, { callbackPath }: Pick<Company, "callbackPath">): string =>
  `${new URL(baseUrl).origin}${callbackPath}`;

/** A company that is configured; 404 otherwise. */
export function getCompany({ providers }: Pick<IdentityDeps, "providers">, name: ProviderName): Company {
  const signIn = providers[name];
  if (!signIn) throw new Problem(common.not_found);
  const callbackPath = `/api/auth/oauth/${name}/callback`;
  return { key: name, label: name, callbackPath, signIn, own: null };
}

type Start = {
  company: Company;
  browser: string;
  returnTo: string | undefined;
  /** Who connects an account; null for who signs in. */
  userId: UserId | null;
  /** The token of an invitation that whoever signs up accepts. */
  invitation: string | null;
  /** An address to offer on the company's page. */
  hint?: string;
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
  const { company, hint } = start;
  const visit = visitOf(start.browser, state, callbackUrl(config.BASE_URL, company));
  const started = await company.signIn.start({ ...visit, ...(hint === undefined ? {} : { hint }) });
  if (started.kind === "unavailable") {
    noteFault(started);
    throw new Problem(identityProblems.provider_unavailable, { cause: started.cause });
  }
  await withSystemTx(db, (tx) =>
    insertState(tx, {
      stateHash,
      browserHash: hashToken(start.browser),
      provider: company.key,
      userId: start.userId,
      returnTo: ownPath(start.returnTo, config.BASE_URL),
      invitation: invitation === null ? null : sealer.seal(Buffer.from(invitation), placeOf(stateHash)),
      expiresAt: addMs(clock.now(), FLOW_MS),
    }),
  );
  return started.url;
}
