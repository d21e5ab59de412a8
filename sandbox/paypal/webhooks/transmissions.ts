/**
 * Sending and signing. A transmission keeps its id and time over all tries, as its bytes stay the same; sending an event
 * again by hand makes a new one. Times are real time.
 */
import { sign, verify, X509Certificate, type KeyObject } from "node:crypto";
import { crc32 } from "node:zlib";
import type { WebhookStyle, World } from "../../core/company.ts";
import { iso } from "../books.ts";
import { certificateUrl, kindOf, signingOf } from "./certificate.ts";
import { eventBody } from "./events.ts";
import { forgeAmount } from "./forge.ts";
import { findHook } from "./hooks.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** An endpoint that is named by address alone, by `simulate-event`. */
const BY_URL = "url:";
/** What PayPal signs in place of the id of such an endpoint. */
const NO_HOOK_ID = "WEBHOOK_ID";
/** A signature this much older than now was asked to be old. */
const FRESH_S = 60;

export type Signed = { id: string; time: string; webhookId: string };

/** What is signed of a body. */
export const signedText = ({ id, time, webhookId }: Signed, body: Buffer): string =>
  `${id}|${time}|${webhookId}|${crc32(body)}`;

export const signBody = (signed: Signed, body: Buffer, key: KeyObject): string =>
  sign("sha256", Buffer.from(signedText(signed, body)), key).toString("base64");

export function isGenuine(signed: Signed, body: Buffer, signature: string, certificate: string): boolean {
  const { publicKey } = new X509Certificate(certificate);
  return verify("sha256", Buffer.from(signedText(signed, body)), publicKey, Buffer.from(signature, "base64"));
}

function newTransmissionId(world: World): string {
  const dice = world.random("paypal:transmission");
  let hex = "";
  while (hex.length < 32) hex += dice.int(0x10000).toString(16).padStart(4, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), `11f0-a${hex.slice(13, 16)}`, hex.slice(20)].join("-");
}

/** The transmission under way of this event to this endpoint; begins one when there is none. */
function transmissionOf(world: World, eventId: string, endpointId: string): { id: string; sentS: number } {
  const row = world.store.get(
    "select id, sent_s from paypal_transmissions where event_id = ? and endpoint_id = ? and open = 1 order by seq desc limit 1",
    eventId,
    endpointId,
  );
  if (row !== null) return { id: String(row["id"]), sentS: Number(row["sent_s"]) };
  const id = newTransmissionId(world);
  const sentS = Math.floor(Date.now() / SECOND);
  world.store.run(
    "insert into paypal_transmissions (id, event_id, endpoint_id, sent_s, open) values (?, ?, ?, ?, 1)",
    id,
    eventId,
    endpointId,
    sentS,
  );
  return { id, sentS };
}

/** The next try of this event is a new transmission. */
export function endTransmission(world: World, eventId: string, endpointId: string): void {
  world.store.run(
    "update paypal_transmissions set open = 0 where event_id = ? and endpoint_id = ?",
    eventId,
    endpointId,
  );
}

/** 25 tries more within three days; the first come soon. */
const RETRIES: readonly number[] = [
  ...[5, 10, 20, 40].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3].map((n) => n * HOUR),
  ...Array.from({ length: 12 }, () => 5 * HOUR),
];

export const webhookStyle: WebhookStyle = {
  timeoutMs: 30 * SECOND,
  retryAfterMs: RETRIES,
  faults: ["forge_crc", "bad_cert"],
  signatureHeaders: ["paypal-transmission-sig"],
  async request(world, { eventId, endpointId, signedAt, fault }) {
    const byUrl = endpointId.startsWith(BY_URL);
    const url = byUrl ? endpointId.slice(BY_URL.length) : findHook(world, endpointId)?.url;
    const text = eventBody(world, eventId);
    if (url === undefined || text === null) return null;
    const signing = await signingOf(world.authority, kindOf(fault));
    const { id, sentS } = transmissionOf(world, eventId, endpointId);
    const isOld = signedAt < Date.now() / SECOND - FRESH_S;
    const time = iso((isOld ? signedAt : sentS) * SECOND);
    const body = Buffer.from(text);
    return {
      url,
      headers: {
        accept: "*/*",
        "content-type": "application/json",
        "user-agent": "PayPal/AUHR-214.0-58843820",
        "paypal-auth-version": "v2",
        "paypal-auth-algo": "SHA256withRSA",
        "paypal-cert-url": certificateUrl(world, signing),
        "paypal-transmission-id": id,
        "paypal-transmission-time": time,
        "paypal-transmission-sig": signBody(
          { id, time, webhookId: byUrl ? NO_HOOK_ID : endpointId },
          body,
          signing.key,
        ),
      },
      body: fault?.fault === "forge_crc" ? forgeAmount(body) : body,
    };
  },
  settled: () => undefined,
};

export const endpointOfUrl = (url: string): string => BY_URL + url;
