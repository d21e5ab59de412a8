/** What signs the webhooks: one key and certificate for all worlds, as at PayPal, served from this sandbox by TLS. */
import { hash, type KeyObject } from "node:crypto";
import type { Authority } from "../../core/authority.ts";
import type { World } from "../../core/company.ts";

export const CERTIFICATE_PATH = "/v1/notifications/certs/";
const NAME = "messageverificationcerts.paypal.com";

export type Signing = { key: KeyObject; id: string; pem: string };

const known = new WeakMap<Authority, Promise<Signing>>();
const made = new WeakMap<Authority, Signing>();

async function make(authority: Authority): Promise<Signing> {
  const key = await authority.signingKey("paypal");
  const pem = authority.issue({ name: NAME, key });
  const signing = { key, pem, id: `CERT-360caa42-${hash("sha256", pem).slice(0, 8)}` };
  made.set(authority, signing);
  return signing;
}

export function signingOf(authority: Authority): Promise<Signing> {
  const found = known.get(authority) ?? make(authority);
  known.set(authority, found);
  return found;
}

/** Host and port of this sandbox. */
export const hostOf = (world: World): string => new URL(world.baseUrl).host;

export const certificateUrl = (world: World, id: string): string =>
  `https://${hostOf(world)}${CERTIFICATE_PATH}${id}`;

/** The certificate that lies at an address, as PEM; null for another address, and before anything was signed. */
export function certificateOf(world: World, url: string): string | null {
  const signing = made.get(world.authority);
  return signing !== undefined && url === certificateUrl(world, signing.id) ? signing.pem : null;
}
