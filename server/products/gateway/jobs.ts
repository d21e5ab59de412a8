import type { Loops } from "../../platform/jobs/index.ts";
import { reconcile } from "./reconcile.ts";
import type { Gateway } from "./state.ts";

const RECONCILE_MS = 5_000;

/** Settles the calls that their own process could not. */
export function gatewayJobs(loops: Loops, gateway: Gateway): void {
  loops.every("gateway.reconcile", RECONCILE_MS, (signal) => reconcile(gateway, signal));
}
