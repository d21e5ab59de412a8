import type { Loops } from "../../platform/jobs/index.ts";
import type { Mail } from "../mail/index.ts";
import { alertOperators } from "./alerts/alert.ts";
import { RECEIVED_TOPIC, type Inbox } from "./inbox.ts";

/** Claims under way at once in one process; while one waits for the disk the other computes. */
const LANES = 2;
const POLL_MS = 1_000;
const SWEEP_MS = 5_000;
const REPLAY_MS = 1_000;
const ALERTS_MS = 60_000;
const PURGE_MS = 60 * 60_000;
const BACKFILL_TIMEOUT_MS = 5 * 60_000;

/** Processing, woken by what is stored here or elsewhere and by a poll; lapsed leases; the companies' own lists. */
export function webhookJobs(
  loops: Loops,
  inbox: Inbox,
  options: { backfillSeconds: number; mail: Pick<Mail, "send"> },
): void {
  const lanes = Array.from({ length: LANES }, () =>
    loops.every("webhooks.process", POLL_MS, (signal) => inbox.process(signal)),
  );
  const wake = () => {
    for (const lane of lanes) lane.wake();
  };
  inbox.onStored(wake);
  inbox.deps.hub.subscribe({ wants: ({ topic }) => topic === RECEIVED_TOPIC, send: wake }, null);
  loops.every("webhooks.leases", SWEEP_MS, async () => {
    if ((await inbox.sweep()) > 0) wake();
  });
  loops.every("webhooks.replays", REPLAY_MS, async () => {
    if (await inbox.advanceReplays()) wake();
  });
  loops.every("webhooks.alerts", ALERTS_MS, async () => {
    await alertOperators({ ...inbox.deps, mail: options.mail });
  });
  loops.every("webhooks.purge", PURGE_MS, () => inbox.purge());
  loops.every("webhooks.backfill", options.backfillSeconds * 1000, async (signal) => {
    const result = await inbox.backfill(AbortSignal.any([signal, AbortSignal.timeout(BACKFILL_TIMEOUT_MS)]));
    if (result.new > 0) inbox.deps.logger.info({ ...result }, "backfilled");
  });
}
