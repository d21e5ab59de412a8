import type { MailDeps } from "./deps.ts";

/** The outbox's metrics. `outcome`: sent, unwanted, retried, failed; later delivered, late, bounced, complained. */
export function createSignals({ metrics }: Pick<MailDeps, "metrics">) {
  return {
    total: metrics.counter("mails_total", "Mails by what became of them", ["kind", "outcome"]),
    seconds: metrics.histogram("mail_wait_seconds", "Seconds from the cause of a mail to the company"),
  };
}

export type Signals = ReturnType<typeof createSignals>;
