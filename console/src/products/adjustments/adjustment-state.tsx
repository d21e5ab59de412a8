import type { AdjustmentState } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

export const ADJUSTMENT_STATES = [
  { value: "pending", label: "To approve" },
  { value: "posted", label: "Posted" },
  { value: "rejected", label: "Rejected" },
] as const satisfies readonly { value: AdjustmentState; label: string }[];

const TONES: Record<AdjustmentState, Tone> = { pending: "warn", posted: "ok", rejected: "neutral" };

export function AdjustmentStateBadge({ state }: { state: AdjustmentState }) {
  return (
    <Badge tone={TONES[state]} dot>
      {ADJUSTMENT_STATES.find(({ value }) => value === state)?.label}
    </Badge>
  );
}
