import { readMailEnvelope } from "../../../vendors/mail/index.ts";
import { MAIL_SIGNATURE_HEADERS, verifyMail } from "../../../vendors/mail/verify.ts";
import type { Mode } from "../events/event.ts";
import type { Source } from "./source.ts";

/** The mail company's account as a source. Its events name no mode, so all are of the installation's. */
export function resendSource({ mode, secrets }: { mode: Mode; secrets: readonly string[] }): Source {
  return {
    name: "resend",
    accountId: "default",
    mode,
    secrets,
    verify: (body, headers, by) => verifyMail(body, headers, by.secrets, by.nowMs),
    read(body, headers) {
      const envelope = readMailEnvelope(body, headers);
      if (envelope === null) return null;
      const { mail, ...rest } = envelope;
      return { ...rest, livemode: mode === "live", objectId: mail, root: mail };
    },
    keep: (headers) =>
      Object.fromEntries(MAIL_SIGNATURE_HEADERS.map((name) => [name, String(headers[name] ?? "")])),
    // The company keeps no list of events; what it fails to deliver it sends again for a day.
    list: () => Promise.resolve({ events: [], hasMore: false }),
  };
}
