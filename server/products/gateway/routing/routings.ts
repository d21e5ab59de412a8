import { knownByOrg, type Known, type KnownDeps } from "../known.ts";
import type { Policy } from "./policy/policy.ts";
import { findPolicy } from "./policy/policy-store.ts";

/** The organizations' policies; null where nothing is laid down. */
export type Routings = Known<Policy | null>;

export const createRoutings = (deps: KnownDeps): Routings => knownByOrg(deps, "llm.policy", findPolicy);
