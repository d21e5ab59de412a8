import { humanize } from "../../lib/format.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const TONES: Record<string, Tone> = {
  creating: "info",
  requires_payment_method: "neutral",
  requires_action: "warn",
  processing: "info",
  succeeded: "ok",
  failed: "bad",
  canceled: "neutral",
  partially_refunded: "warn",
  refunded: "neutral",
  disputed: "bad",
  reversed: "bad",
};
const NAMES: Record<string, string> = {
  requires_payment_method: "Awaiting payment",
  requires_action: "Awaiting 3-D Secure",
  partially_refunded: "Partly refunded",
};

export function PaymentStatus({ status }: { status: string }) {
  return (
    <Badge tone={TONES[status] ?? "neutral"} dot pulse={status === "processing" || status === "creating"}>
      {NAMES[status] ?? humanize(status)}
    </Badge>
  );
}
