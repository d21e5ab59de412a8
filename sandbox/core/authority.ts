/**
 * The local certificate authority, made at the first start of a data folder. Its root reaches clients by configuration,
 * never by the system's store.
 *
 * Certificates are written here (`der.ts`) rather than by a package: what is needed is one page of DER, and the package at
 * hand would load a dependency injector into a process that must be ready within a second.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { bits, context, integer, octets, oid, sequence, set, time, utf8, yes } from "./der.ts";

const makePair = promisify(generateKeyPair);
/** Wider than any clock a test moves. */
const FROM = new Date(Date.UTC(2020, 0, 1));
const UNTIL = new Date(Date.UTC(2099, 11, 31));
const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const CA_USE = Buffer.from([0x06]);
const SIGNING_USE = Buffer.from([0x80]);

export type Wanted = {
  name: string;
  key: KeyObject;
  /** Names and IPv4 addresses it is for; `name` alone when absent. */
  hosts?: readonly string[];
  from?: Date;
  until?: Date;
};
export type Authority = {
  /** The certificate that clients are told to trust, as PEM. */
  readonly rootPem: string;
  /** A certificate below the root and the one between them, as PEM, the first one first. */
  issue(wanted: Wanted): string;
  /** An RSA key of 2048 bits that stays the same for this name; made when first asked for. */
  signingKey(name: string): Promise<KeyObject>;
};

type Issuer = { name: string; key: KeyObject };
type Certificate = { subject: Issuer; issuer: Issuer; isAuthority: boolean; hosts: readonly string[] };

const nameOf = (text: string): Buffer =>
  sequence(
    set(sequence(oid("2.5.4.10"), utf8("Holdfast sandbox"))),
    set(sequence(oid("2.5.4.3"), utf8(text))),
  );

const publicDer = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: "spki", format: "der" }) as Buffer;
const keyId = (key: KeyObject): Buffer => createHash("sha1").update(publicDer(key)).digest();

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [yes()] : []), octets(value));
}

function hostNames(hosts: readonly string[]): Buffer {
  return sequence(
    ...hosts.map((host) =>
      isIPv4(host)
        ? context(7, false, Buffer.from(host.split(".").map(Number)))
        : context(2, false, Buffer.from(host)),
    ),
  );
}

function extensions({ subject, issuer, isAuthority, hosts }: Certificate): Buffer {
  return sequence(
    extension("2.5.29.19", true, sequence(...(isAuthority ? [yes()] : []))),
    extension("2.5.29.15", true, isAuthority ? bits(CA_USE, 1) : bits(SIGNING_USE, 7)),
    extension("2.5.29.14", false, octets(keyId(subject.key))),
    extension("2.5.29.35", false, sequence(context(0, false, keyId(issuer.key)))),
    ...(hosts.length === 0 ? [] : [extension("2.5.29.17", false, hostNames(hosts))]),
  );
}

function certificate(wanted: Certificate, from: Date, until: Date): string {
  const body = sequence(
    context(0, true, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    ECDSA_SHA256,
    nameOf(wanted.issuer.name),
    sequence(time(from), time(until)),
    nameOf(wanted.subject.name),
    publicDer(wanted.subject.key),
    context(3, true, extensions(wanted)),
  );
  const der = sequence(body, ECDSA_SHA256, bits(sign("sha256", body, wanted.issuer.key)));
  const lines = der.toString("base64").replaceAll(/(.{64})/g, "$1\n");
  return `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`;
}

const newEcKey = (): KeyObject => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const toPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }) as string;

/** Opens the authority of a data folder, or one that nothing is kept of (`:memory:`). */
export function openAuthority(dataDir: string): Authority {
  const folder = dataDir === ":memory:" ? null : join(dataDir, "authority");
  if (folder !== null) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const kept = (name: string, make: () => string): string => {
    const file = folder === null ? null : join(folder, `${name}.pem`);
    if (file !== null && existsSync(file)) return readFileSync(file, "utf8");
    const text = make();
    if (file !== null) writeFileSync(file, text, { mode: 0o600 });
    return text;
  };
  const keyOf = (name: string): KeyObject => createPrivateKey(kept(name, () => toPem(newEcKey())));
  const root: Issuer = { name: "Holdfast sandbox root", key: keyOf("root-key") };
  const rootPem = kept("root", () =>
    certificate({ subject: root, issuer: root, isAuthority: true, hosts: [] }, FROM, UNTIL),
  );
  const between: Issuer = { name: "Holdfast sandbox issuer", key: keyOf("issuer-key") };
  const betweenPem = kept("issuer", () =>
    certificate({ subject: between, issuer: root, isAuthority: true, hosts: [] }, FROM, UNTIL),
  );
  const keys = new Map<string, Promise<KeyObject>>();
  const makeKey = async (name: string): Promise<KeyObject> => {
    const file = folder === null ? null : join(folder, `${name}-key.pem`);
    if (file !== null && existsSync(file)) return createPrivateKey(readFileSync(file, "utf8"));
    const { privateKey } = await makePair("rsa", { modulusLength: 2048 });
    return createPrivateKey(kept(`${name}-key`, () => toPem(privateKey)));
  };
  return {
    rootPem,
    issue: ({ name, key, hosts = [name], from = FROM, until = UNTIL }) =>
      certificate({ subject: { name, key }, issuer: between, isAuthority: false, hosts }, from, until) +
      betweenPem,
    signingKey(name) {
      const known = keys.get(name) ?? makeKey(name);
      keys.set(name, known);
      return known;
    },
  };
}

/** What a TLS server on this machine shows. */
export function loopbackIdentity(authority: Authority): { key: string; cert: string } {
  const key = newEcKey();
  const hosts = ["localhost", "*.localhost", "127.0.0.1"];
  return { key: toPem(key), cert: authority.issue({ name: "localhost", key, hosts }) };
}
