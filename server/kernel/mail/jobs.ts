import type { Loops } from "../../platform/jobs/index.ts";
import { WAITING_TOPIC, type Mail } from "./mail.ts";

const POLL_MS = 500;
const PURGE_EVERY_MS = 3_600_000;

/** Handing over, woken by what is sent here or elsewhere and by a poll; forgetting. */
export function mailJobs(loops: Loops, mail: Mail): void {
  const lane = loops.every("mail.deliver", POLL_MS, (signal) => mail.deliver(signal));
  mail.deps.hub.subscribe({ wants: ({ topic }) => topic === WAITING_TOPIC, send: () => lane.wake() }, null);
  loops.every("mail.purge", PURGE_EVERY_MS, () => mail.purge());
}
