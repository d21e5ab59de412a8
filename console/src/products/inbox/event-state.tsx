import type { EventState } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

export const EVENT_STATES: { state: EventState; label: string; tone: Tone }[] = [
  { state: "received", label: "Received", tone: "info" },
  { state: "processing", label: "Processing", tone: "info" },
  { state: "waiting_retry", label: "Waiting to retry", tone: "warn" },
  { state: "processed", label: "Processed", tone: "ok" },
  { state: "dead", label: "Dead", tone: "bad" },
  { state: "ignored", label: "Ignored", tone: "neutral" },
];

/** How an event came in. */
export const ORIGINS = ["delivery", "backfill", "reconciliation"] as const;
export type Origin = (typeof ORIGINS)[number];

export function EventStateBadge({ state }: { state: EventState }) {
  const known = EVENT_STATES.find((each) => each.state === state);
  return (
    <Badge tone={known?.tone ?? "neutral"} dot pulse={state === "processing" || state === "received"}>
      {known?.label ?? state}
    </Badge>
  );
}
