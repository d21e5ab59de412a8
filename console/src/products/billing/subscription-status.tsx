import type { Subscription } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const TONES: Partial<Record<Subscription["status"], Tone>> = {
  active: "ok",
  trialing: "info",
  incomplete: "warn",
  past_due: "warn",
  suspended: "bad",
};

export function SubscriptionStatus({ status }: { status: Subscription["status"] }) {
  return (
    <Badge tone={TONES[status] ?? "neutral"} dot>
      {status === "none" ? "Free" : humanize(status)}
    </Badge>
  );
}
