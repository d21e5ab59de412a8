/**
 * PayPal's webhook signature, checked here: SHA256withRSA over `transmission_id|transmission_time|webhook_id|crc32(body)`.
 * CRC32 finds accidents, not forgers: a body that verifies is only believed as far as its ids.
 */
import { verify } from "node:crypto";
import { crc32 } from "node:zlib";
import { BadCertificate, createCertificates, type CertificateOptions } from "./certificate.ts";
import { envelopeOf, readPaypalEnvelope } from "./envelope.ts";
import { PaypalFault } from "./fault.ts";

export { CertificateAway } from "./certificate.ts";

const ALGORITHM = "SHA256withRSA";
const AHEAD_MS = 300_000;
const MAX_AGE_MS = 75 * 3_600_000;
/** Beyond this age the event itself is asked for. */
const ASKED_FROM_MS = 600_000;
const MAX_HEADER = 4 * 1024;

export const TRANSMISSION_ID_HEADER = "paypal-transmission-id";
/** The five headers that PayPal signs with. */
export const PAYPAL_SIGNATURE_HEADERS = [
  TRANSMISSION_ID_HEADER,
  "paypal-transmission-time",
  "paypal-transmission-sig",
  "paypal-cert-url",
  "paypal-auth-algo",
] as const;

export type VerifyOptions = CertificateOptions & {
  /** Asks PayPal for an event by its id. */
  getEvent(id: string): Promise<{ body: Buffer }>;
};

/** Null when the bytes are genuine, else the cause for log and metric. Throws `CertificateAway`, or `PaypalFault` (unavailable). */
export type VerifyPaypal = (
  body: Buffer,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  /** `webhookId`: the endpoint's at PayPal, from our own books, never from the request. */
  by: { webhookId: string; nowMs: number },
) => Promise<string | null>;

export function createPaypalVerifier(options: VerifyOptions): VerifyPaypal {
  const certificates = createCertificates(options);
  return async (body, headers, { webhookId, nowMs }) => {
    const signed = readHeaders(headers);
    if (typeof signed === "string") return signed;
    const ageMs = nowMs - signed.at;
    if (ageMs > MAX_AGE_MS) return "too_old";
    if (ageMs < -AHEAD_MS) return "too_new";
    try {
      const { publicKey } = await certificates.get(signed.certUrl, new Date(nowMs));
      if (publicKey.asymmetricKeyType !== "rsa") return "cert_key";
      const text = `${signed.id}|${signed.time}|${webhookId}|${crc32(body)}`;
      if (!verify("sha256", Buffer.from(text), publicKey, signed.signature)) return "no_match";
    } catch (error) {
      if (error instanceof BadCertificate) return error.message;
      throw error;
    }
    return ageMs > ASKED_FROM_MS ? checkWithPaypal(options, body) : null;
  };
}

type Signed = { id: string; time: string; at: number; certUrl: string; signature: Buffer };

function readHeaders(headers: Parameters<VerifyPaypal>[1]): Signed | string {
  const values = PAYPAL_SIGNATURE_HEADERS.map((name) => headers[name]);
  if (values.some((value) => value === undefined)) return "missing";
  if (!values.every((value) => typeof value === "string" && value.length <= MAX_HEADER)) return "malformed";
  const [id = "", time = "", sig = "", certUrl = "", algorithm = ""] = values as string[];
  if (algorithm !== ALGORITHM) return "algorithm";
  if (!/^[A-Za-z0-9-]{8,100}$/.test(id)) return "malformed";
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(time)) return "malformed";
  const at = Date.parse(time);
  if (Number.isNaN(at)) return "malformed";
  const signature = /^[A-Za-z0-9+/]{64,}={0,2}$/.test(sig) ? Buffer.from(sig, "base64") : null;
  return signature ? { id, time, at, certUrl, signature } : "malformed";
}

/** A signature that has been around for a while may be somebody's find: the event must be PayPal's own, of this type and object. */
async function checkWithPaypal({ getEvent }: VerifyOptions, body: Buffer): Promise<string | null> {
  const told = readPaypalEnvelope(body);
  if (!told) return "unreadable";
  try {
    const found = envelopeOf(JSON.parse((await getEvent(told.id)).body.toString("utf8")));
    const isSame = found?.id === told.id && found.type === told.type && found.objectId === told.objectId;
    return isSame ? null : "other_event";
  } catch (error) {
    if (error instanceof PaypalFault && error.kind !== "unavailable") return "unknown_event";
    throw error;
  }
}
