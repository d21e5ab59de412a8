import type { Factor, IdentityConfig, Session } from "../identity/index.ts";

/** Which second factors an organization asks its members to have one of; null when it asks for none. */
export type MfaPolicy = { mfaMethods: readonly Factor[] | null };

/** True for an operator without a second factor, and for a member without one that the organization asks for. */
export function mfaDue(
  { user, factors }: Pick<Session, "user" | "factors">,
  { mfaMethods }: MfaPolicy,
  config: Pick<IdentityConfig, "OPERATOR_MFA">,
): boolean {
  if (user.operator && config.OPERATOR_MFA === "required" && factors.length === 0) return true;
  return mfaMethods !== null && !factors.some((factor) => mfaMethods.includes(factor));
}
