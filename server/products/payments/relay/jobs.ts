import type { Loops } from "../../../platform/jobs/index.ts";
import type { Relay } from "./relay.ts";

const DELIVER_MS = 1_000;
const PURGE_MS = 3_600_000;

/** Delivers what is due, at once when told of it; forgets what ended 30 days ago. */
export function relayJobs(loops: Loops, relay: Relay): void {
  const loop = loops.every("payments.relay", DELIVER_MS, (signal) => relay.deliverDue(signal));
  relay.onDue(() => loop.wake());
  loops.every("payments.relay_purge", PURGE_MS, () => relay.purge());
}
