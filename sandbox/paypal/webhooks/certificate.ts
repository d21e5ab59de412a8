/** What signs the webhooks: one key for all worlds, as at PayPal; its certificate is served from this sandbox by TLS. */
import { hash, type KeyObject } from "node:crypto";
import { openAuthority, type Authority } from "../../core/authority.ts";
import type { Fault, World } from "../../core/company.ts";

export const CERTIFICATE_PATH = "/v1/notifications/certs/";
const NAME = "messageverificationcerts.paypal.com";
const LONG_AGO = { from: new Date(Date.UTC(2020, 0, 1)), until: new Date(Date.UTC(2021, 0, 1)) };

/** What can be wrong with a certificate: `good`, or what `bad_cert` was asked for as `params.kind`. */
export const CERTIFICATE_KINDS = [
  "good",
  "expired",
  "foreign",
  "wrong_host",
  "wrong_name",
  "redirect",
  "huge",
] as const;
export type CertificateKind = (typeof CERTIFICATE_KINDS)[number];
export type Signing = { key: KeyObject; kind: CertificateKind; pem: string };
/** Above what anybody should read of a certificate. */
const HUGE_BYTES = 80 * 1024;

async function make(authority: Authority, kind: CertificateKind): Promise<Signing> {
  const key = await authority.signingKey("paypal");
  switch (kind) {
    case "expired":
      return { key, kind, pem: authority.issue({ name: NAME, key, ...LONG_AGO }) };
    case "wrong_name":
      return { key, kind, pem: authority.issue({ name: "certificates.paypal.com.example.net", key }) };
    case "foreign": {
      // An authority and a key that nobody was told to trust.
      const other = openAuthority(":memory:");
      const own = await other.signingKey("paypal");
      return { key: own, kind, pem: other.issue({ name: NAME, key: own }) };
    }
    default:
      return { key, kind, pem: authority.issue({ name: NAME, key }) };
  }
}

type Known = { making: Map<CertificateKind, Promise<Signing>>; made: Signing[] };
const known = new WeakMap<Authority, Known>();
const knownOf = (authority: Authority): Known => {
  const found = known.get(authority) ?? { making: new Map(), made: [] };
  known.set(authority, found);
  return found;
};

/** The key and certificate of a kind, made when first asked for. */
export function signingOf(authority: Authority, kind: CertificateKind): Promise<Signing> {
  const { making, made } = knownOf(authority);
  const found =
    making.get(kind) ??
    make(authority, kind).then((signing) => {
      made.push(signing);
      return signing;
    });
  making.set(kind, found);
  return found;
}

/** What a fault asks for. */
export function kindOf(fault: Fault | null): CertificateKind {
  if (fault?.fault !== "bad_cert") return "good";
  const { kind } = fault.params;
  return CERTIFICATE_KINDS.find((each) => each === kind) ?? "expired";
}

/** Host and port of this sandbox. */
export const hostOf = (world: Pick<World, "baseUrl">): string => new URL(world.baseUrl).host;

/** Worlds have addresses of their own, so that one can be down by itself. */
const idOf = (world: Pick<World, "name">, { kind, pem }: Signing): string =>
  `CERT-${hash("sha256", world.name).slice(0, 8)}-${hash("sha256", kind + pem).slice(0, 8)}`;

export function certificateUrl(world: Pick<World, "name" | "baseUrl">, signing: Signing): string {
  const host = signing.kind === "wrong_host" ? `localhost:${new URL(world.baseUrl).port}` : hostOf(world);
  return `https://${host}${CERTIFICATE_PATH}${idOf(world, signing)}`;
}

/** The certificate that lies at an address of this world; null when there is none, and before anything was signed. */
export function certificateAt(world: World, path: string): Signing | null {
  const { made } = knownOf(world.authority);
  return made.find((signing) => path === CERTIFICATE_PATH + idOf(world, signing)) ?? null;
}

/** The text that is served for it. */
export const servedText = ({ kind, pem }: Signing): string =>
  kind === "huge" ? `${"# \n".repeat(HUGE_BYTES / 3)}${pem}` : pem;
