import { Problem } from "../../../platform/problem.ts";
import type { IdentityDeps } from "../deps.ts";
import { identityProblems } from "../problems.ts";
import type { Origin } from "../sessions/open-session.ts";
import { refresh } from "../tokens/refresh.ts";
import type { TokenSet } from "../tokens/token-set.ts";
import { pollDevice } from "./device.ts";
import { oauthProblems } from "./problems.ts";
import { redeemCode } from "./redeem.ts";

export const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

export type GrantInput = {
  grant_type?: string | undefined;
  client_id?: string | undefined;
  code?: string | undefined;
  redirect_uri?: string | undefined;
  code_verifier?: string | undefined;
  refresh_token?: string | undefined;
  device_code?: string | undefined;
};

/** The token endpoint: whatever the grant, it ends in a set of tokens or in one of RFC 6749's errors. */
export async function grant(deps: IdentityDeps, input: GrantInput, origin: Origin): Promise<TokenSet> {
  const clientId = need(input, "client_id");
  switch (need(input, "grant_type")) {
    case "authorization_code": {
      const [code, redirectUri] = [need(input, "code"), need(input, "redirect_uri")];
      return redeemCode(
        deps,
        { clientId, code, redirectUri, verifier: need(input, "code_verifier") },
        origin,
      );
    }
    case "refresh_token":
      return refreshed(deps, need(input, "refresh_token"), clientId);
    case DEVICE_GRANT:
      return pollDevice(deps, { clientId, deviceCode: need(input, "device_code") }, origin);
    default:
      throw new Problem(oauthProblems.unsupported_grant_type);
  }
}

function need(input: GrantInput, name: keyof GrantInput): string {
  const value = input[name];
  if (!value) throw new Problem(oauthProblems.invalid_request, { detail: `${name} is missing` });
  return value;
}

/** The same act as our own refresh; here the refusal has RFC 6749's name. */
async function refreshed(deps: IdentityDeps, text: string, clientId: string): Promise<TokenSet> {
  try {
    return await refresh(deps, text, clientId);
  } catch (cause) {
    if (cause instanceof Problem && cause.kind === identityProblems.refresh_invalid)
      throw new Problem(oauthProblems.invalid_grant, { cause });
    throw cause;
  }
}
