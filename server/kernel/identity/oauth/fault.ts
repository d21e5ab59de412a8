import { context } from "../../../platform/telemetry/index.ts";

const MAX_TEXT = 200;

/** Writes into the request's log line why a company's word was not taken. The message only: causes may hold tokens. */
export function noteFault({ kind, cause }: { kind: string; cause: unknown }): void {
  const text = cause instanceof Error ? `${cause.name}: ${cause.message}` : "unknown";
  context()?.note("provider_fault", `${kind}: ${text.slice(0, MAX_TEXT)}`);
}
