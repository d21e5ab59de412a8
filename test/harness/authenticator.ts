/** What people hold: an authenticator app and a passkey, written from the standards and not from the libraries we use. */
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

function fromBase32(text: string): Buffer {
  const bits = [...text].map((char) => BASE32.indexOf(char).toString(2).padStart(5, "0")).join("");
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

/** The code that an app shows for a base32 secret, `steps` of 30 seconds from `at` (RFC 6238, 4). */
export function appCode(secret: string, at: Date, steps = 0): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000) + steps));
  const mac = createHmac("sha1", fromBase32(secret)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 0xf;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const sha256 = (data: Buffer | string) => createHash("sha256").update(data).digest();
const b64 = (data: Buffer) => data.toString("base64url");
const UP = 0x01;
const UV = 0x04;
const ATTESTED = 0x40;

type Answer = { origin?: string; counter?: number; verified?: boolean };
export type SoftPasskey = {
  readonly id: string;
  /** The answer to registration options. */
  attest(challenge: string, change?: Answer): object;
  /** The answer to sign-in options; the counter goes up by one unless told. */
  assert(challenge: string, change?: Answer): object;
};

/** A passkey in software: ES256, attestation "none" (WebAuthn, 6.5 and 8.7). `counts` false as synced ones do. */
export function softPasskey(ownOrigin: string, { counts = true } = {}): SoftPasskey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const id = randomBytes(32);
  const { x = "", y = "" } = publicKey.export({ format: "jwk" });
  let counter = 0;
  const authenticatorData = (flags: number, { counter: told, verified = true }: Answer, rest: Buffer) => {
    if (counts) counter += 1;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(told ?? counter);
    const all = UP | (verified ? UV : 0) | flags;
    return Buffer.concat([sha256(new URL(ownOrigin).hostname), Buffer.of(all), count, rest]);
  };
  const clientData = (type: string, challenge: string, { origin = ownOrigin }: Answer) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  return {
    id: b64(id),
    attest(challenge, change = {}) {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(id.length);
      const key = cbor({
        1: 2,
        3: -7,
        "-1": 1,
        "-2": Buffer.from(x, "base64url"),
        "-3": Buffer.from(y, "base64url"),
      });
      const authData = authenticatorData(
        ATTESTED,
        change,
        Buffer.concat([Buffer.alloc(16), length, id, key]),
      );
      return {
        id: b64(id),
        rawId: b64(id),
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: b64(clientData("webauthn.create", challenge, change)),
          attestationObject: b64(cbor({ fmt: "none", attStmt: {}, authData })),
          transports: ["internal"],
        },
      };
    },
    assert(challenge, change = {}) {
      const data = authenticatorData(0, change, Buffer.alloc(0));
      const client = clientData("webauthn.get", challenge, change);
      return {
        id: b64(id),
        rawId: b64(id),
        type: "public-key",
        clientExtensionResults: {},
        response: {
          clientDataJSON: b64(client),
          authenticatorData: b64(data),
          signature: b64(sign("sha256", Buffer.concat([data, sha256(client)]), privateKey)),
        },
      };
    },
  };
}

type Cbor = number | string | Buffer | { [key: string]: Cbor };

/** As much of RFC 8949 as an attestation needs; keys that look like integers are integers. */
function cbor(value: Cbor): Buffer {
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === "string")
    return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([head(2, value.length), value]);
  const pairs = Object.entries(value);
  const key = (name: string) => cbor(/^-?\d+$/.test(name) ? Number(name) : name);
  return Buffer.concat([head(5, pairs.length), ...pairs.flatMap(([name, each]) => [key(name), cbor(each)])]);
}

function head(major: number, argument: number): Buffer {
  if (argument < 24) return Buffer.of((major << 5) | argument);
  return argument < 256
    ? Buffer.of((major << 5) | 24, argument)
    : Buffer.of((major << 5) | 25, argument >> 8, argument & 255);
}
