/** Certificates that PayPal signs its events with: fetched from its own hosts only, checked up to a pinned root. */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { Agent, request } from "undici";

const PATH = "/v1/notifications/certs/";
const TIMEOUT_MS = 3_000;
const MAX_BYTES = 64 * 1024;
/** The leaf and those between it and the root. */
const MAX_CHAIN = 5;
const KEPT_MS = 24 * 3_600_000;
/** Certificates remembered, and fetched at once, at most; PayPal uses a few. */
const MAX_KEPT = 32;
const MAX_FETCHING = 8;
const NAME = ".paypal.com";
const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

/** Roots of DigiCert, PayPal's authority, by SHA-256; their certificates are among those that Node brings. */
const PINNED = new Set([
  "CB:3C:CB:B7:60:31:E5:E0:13:8F:8D:D3:9A:23:F9:DE:47:FF:C3:5E:43:C1:14:4C:EA:27:D4:6A:5A:B1:CB:5F",
  "55:2F:7B:DC:F1:A7:AF:9E:6C:E6:72:01:7F:4F:12:AB:F7:72:40:C7:8E:76:1A:C2:03:D1:D9:D2:0A:C8:99:88",
  "37:1A:00:DC:05:33:B3:72:1A:7E:EB:40:E8:41:9E:70:79:9D:2B:0A:0F:2C:1D:80:69:31:65:F7:CE:C4:AD:75",
]);

export type CertificateOptions = {
  /** Hosts, with their port unless it is 443, that certificates are fetched from. */
  hosts: readonly string[];
  /** PEM of the roots that a chain must end in; null: DigiCert's. */
  roots: string | null;
};

/** The certificate could not be fetched now. */
export class CertificateAway extends Error {}
/** What was fetched, or its address, is not one that may sign; the message is the cause for log and metric. */
export class BadCertificate extends Error {}

export type Certificates = {
  /** The leaf at this address, its chain and dates checked. Throws `CertificateAway` or `BadCertificate`. */
  get(url: string, now: Date): Promise<X509Certificate>;
};

type Chain = readonly [X509Certificate, ...X509Certificate[]];
type Kept = { chain: Chain; until: number };

/** Remembers what it fetched for a day; of several who ask for one address, one fetches. */
export function createCertificates({ hosts, roots }: CertificateOptions): Certificates {
  const trusted = roots === null ? pinnedRoots() : readPem(roots);
  // A root of one's own also vouches for the host that serves what it signed.
  const agent =
    roots === null ? new Agent() : new Agent({ connect: { ca: [...rootCertificates, ...pems(roots)] } });
  const kept = new Map<string, Kept>();
  const running = new Map<string, Promise<Chain>>();
  const keep = (url: string, chain: Chain, now: Date): Chain => {
    const [oldest] = kept.keys();
    if (kept.size >= MAX_KEPT && oldest !== undefined) kept.delete(oldest);
    kept.set(url, { chain, until: now.getTime() + KEPT_MS });
    return chain;
  };
  return {
    async get(address, now) {
      const url = allowed(address, hosts);
      const known = kept.get(url);
      if (known && now.getTime() < known.until) return checked(known.chain, trusted, now);
      kept.delete(url);
      let fetching = running.get(url);
      if (!fetching) {
        if (running.size >= MAX_FETCHING) throw new CertificateAway("too many are being fetched");
        fetching = fetchChain(url, agent).finally(() => running.delete(url));
        running.set(url, fetching);
      }
      const chain = await fetching;
      const leaf = checked(chain, trusted, now);
      keep(url, chain, now);
      return leaf;
    },
  };
}

/** The address as it will be fetched. Throws `BadCertificate` for one that is not PayPal's. */
function allowed(address: string, hosts: readonly string[]): string {
  const url = URL.canParse(address) ? new URL(address) : null;
  const isPlain = url?.username === "" && url.password === "" && url.hash === "" && url.search === "";
  if (url?.protocol !== "https:" || !isPlain || !hosts.includes(url.host))
    throw new BadCertificate("cert_url_host");
  const name = url.pathname.slice(PATH.length);
  if (!url.pathname.startsWith(PATH) || !/^[A-Za-z0-9._-]{1,200}$/.test(name))
    throw new BadCertificate("cert_url_path");
  return url.href;
}

async function fetchChain(url: string, dispatcher: Agent): Promise<Chain> {
  const text = await fetchText(url, dispatcher);
  const [leaf, ...rest] = readPem(text);
  if (!leaf || rest.length >= MAX_CHAIN) throw new BadCertificate("cert_unreadable");
  return [leaf, ...rest];
}

/** Follows no redirect. A definite no (404, 3xx) is a bad address; anything else may pass. */
async function fetchText(url: string, dispatcher: Agent): Promise<string> {
  let status;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const answer = await request(url, { dispatcher, signal: AbortSignal.timeout(TIMEOUT_MS) });
    status = answer.statusCode;
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      if (size > MAX_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new CertificateAway("no answer", { cause });
  }
  if (status >= 500 || status === 429) throw new CertificateAway(`answered ${status}`);
  if (status !== 200) throw new BadCertificate("cert_not_there");
  if (size > MAX_BYTES) throw new BadCertificate("cert_too_long");
  return Buffer.concat(chunks).toString("latin1");
}

/** Each is signed by the next, the last by a trusted root; all are in their dates; the first is PayPal's own. */
function checked(chain: Chain, roots: readonly X509Certificate[], now: Date): X509Certificate {
  const [leaf, ...between] = chain;
  let subject = leaf;
  for (const issuer of [...between, ...roots]) {
    if (!isCurrent(subject, now)) throw new BadCertificate("cert_expired");
    if (isTrusted(subject, roots)) break;
    if (!signedBy(subject, issuer)) continue;
    subject = issuer;
  }
  if (!isTrusted(subject, roots)) throw new BadCertificate("cert_foreign");
  if (!isCurrent(subject, now)) throw new BadCertificate("cert_expired");
  if (leaf.ca || !namesOf(leaf).some(isPaypals)) throw new BadCertificate("cert_name");
  return leaf;
}

const isCurrent = (one: X509Certificate, now: Date): boolean =>
  one.validFromDate <= now && now <= one.validToDate;
const isTrusted = (one: X509Certificate, roots: readonly X509Certificate[]): boolean =>
  roots.some((root) => root.raw.equals(one.raw));

/** Only an authority may sign another certificate. */
const signedBy = (subject: X509Certificate, issuer: X509Certificate): boolean =>
  issuer.ca && subject.checkIssued(issuer) && subject.verify(issuer.publicKey);

/** The alternative names; the common name where there are none. */
function namesOf(leaf: X509Certificate): string[] {
  if (leaf.subjectAltName !== undefined)
    return leaf.subjectAltName.split(", ").flatMap((entry) => /^DNS:([a-z0-9.*-]+)$/i.exec(entry)?.[1] ?? []);
  const common = /^CN=([a-z0-9.*-]+)$/im.exec(leaf.subject)?.[1];
  return common === undefined ? [] : [common];
}

const isPaypals = (name: string): boolean => {
  const lower = name.toLowerCase();
  return lower.endsWith(NAME) && lower.length > NAME.length;
};

const pems = (text: string): string[] => text.match(PEM) ?? [];

function readPem(text: string): X509Certificate[] {
  try {
    return pems(text)
      .slice(0, MAX_CHAIN + 1)
      .map((pem) => new X509Certificate(pem));
  } catch (cause) {
    throw new BadCertificate("cert_unreadable", { cause });
  }
}

const pinnedRoots = (): X509Certificate[] =>
  rootCertificates
    .map((pem) => new X509Certificate(pem))
    .filter(({ fingerprint256 }) => PINNED.has(fingerprint256));
