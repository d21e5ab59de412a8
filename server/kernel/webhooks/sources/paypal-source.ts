import type { IncomingHttpHeaders } from "node:http";
import { PaypalFault, readPaypalEnvelope, type PaypalApi } from "../../../vendors/paypal/index.ts";
import {
  CertificateAway,
  createPaypalVerifier,
  PAYPAL_SIGNATURE_HEADERS,
} from "../../../vendors/paypal/verify.ts";
import { Problem } from "../../../platform/problem.ts";
import { webhookProblems } from "../problems.ts";
import type { Envelope, Source } from "./source.ts";

const RETRY_AFTER_S = 30;
const TRANSMISSION = "paypal-transmission-id";

/**
 * A PayPal account as a source. Its events name no mode, so all are of the account's; nothing but the ids of a body is
 * believed, since its signature covers no more than a CRC32.
 */
export function paypalSource(options: {
  paypal: PaypalApi;
  accountId: string;
  webhookId: string;
  /** Hosts of its certificates, and PEM of their roots; null: the pinned ones. */
  certHosts: readonly string[];
  certRoots: string | null;
}): Source {
  const { paypal, accountId, webhookId } = options;
  const verify = createPaypalVerifier({
    hosts: options.certHosts,
    roots: options.certRoots,
    getEvent: (id) => paypal.getEvent(id),
  });
  const withMode = <T extends object>(envelope: T) => ({ ...envelope, livemode: paypal.mode === "live" });
  return {
    name: "paypal",
    accountId,
    mode: paypal.mode,
    webhookId,
    async verify(body, headers, by) {
      if (by.webhookId === null) return "no_webhook_id";
      try {
        return await verify(body, headers, { webhookId: by.webhookId, nowMs: by.nowMs });
      } catch (cause) {
        if (!(cause instanceof CertificateAway || cause instanceof PaypalFault)) throw cause;
        throw new Problem(webhookProblems.not_verified, { cause, retryAfter: RETRY_AFTER_S });
      }
    },
    transmission: (headers) => String(headers[TRANSMISSION] ?? ""),
    read(body): Envelope | null {
      const envelope = readPaypalEnvelope(body);
      return envelope && withMode(envelope);
    },
    keep: (headers: IncomingHttpHeaders) =>
      Object.fromEntries(PAYPAL_SIGNATURE_HEADERS.map((name) => [name, String(headers[name] ?? "")])),
    async list(range, signal) {
      const { events, hasMore } = await paypal.listEvents(range, signal);
      return {
        events: events.map(({ envelope, body }) => ({ envelope: withMode(envelope), body })),
        hasMore,
      };
    },
  };
}
