import type { Jobs } from "../../../platform/jobs/index.ts";
import type { Gateway } from "../settling/state.ts";

/** What the proof needs besides the gateway: it is a durable job. */
export type ProofDeps = { gateway: Gateway; jobs: Jobs };
