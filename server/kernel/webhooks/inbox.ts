import type { InboxDeps } from "./deps.ts";

/** The inbox of this process. */
export type Inbox = {
  readonly deps: InboxDeps;
  /** Makes the endpoint rows that are missing, one per source. */
  ensureEndpoints(): Promise<void>;
};

export function createInbox(deps: InboxDeps): Inbox {
  return { deps, ensureEndpoints: async () => undefined };
}
