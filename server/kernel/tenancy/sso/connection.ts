import type { OrgId } from "../../../platform/ids.ts";

/** An organization's own issuer, less its secret. */
export type Connection = {
  orgId: OrgId;
  issuer: string;
  clientId: string;
  domain: string;
  /** What the domain's TXT record must hold. */
  proof: string;
  provenAt: Date | null;
  required: boolean;
};

/** Where the domain's owner puts the proof. */
export const txtName = (domain: string): string => `_holdfast.${domain}`;
export const txtValue = (proof: string): string => `holdfast-domain=${proof}`;

/** Half of the name of an account at this issuer. */
export const keyOf = (orgId: OrgId): `sso:${OrgId}` => `sso:${orgId}`;

export const secretPlace = (orgId: OrgId): string => `oidc connection ${orgId}`;

/** An issuer speaks https; on a machine for trying things out, plain http to itself will do. */
export function isIssuer(text: string, production: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, search, hash, username } = new URL(text);
  if (search !== "" || hash !== "" || username !== "") return false;
  if (!production) return protocol === "https:" || protocol === "http:";
  // A name of its own, so that nobody points us at what only this machine or its network can reach by number.
  return (
    protocol === "https:" &&
    hostname.includes(".") &&
    !/^[\d.]+$|^\[|\.local(host)?$|\.internal$/.test(hostname)
  );
}
