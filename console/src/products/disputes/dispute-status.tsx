import type { Dispute } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const STATES: Record<Dispute["status"], { label: string; tone: Tone }> = {
  warning_needs_response: { label: "Inquiry", tone: "warn" },
  warning_under_review: { label: "Inquiry, answered", tone: "info" },
  warning_closed: { label: "Inquiry closed", tone: "neutral" },
  needs_response: { label: "Needs an answer", tone: "bad" },
  under_review: { label: "Under review", tone: "info" },
  won: { label: "Won", tone: "ok" },
  lost: { label: "Lost", tone: "bad" },
  prevented: { label: "Prevented", tone: "neutral" },
};

export function DisputeStatus({ status }: { status: Dispute["status"] }) {
  const { label, tone } = STATES[status];
  return (
    <Badge tone={tone} dot>
      {label}
    </Badge>
  );
}
