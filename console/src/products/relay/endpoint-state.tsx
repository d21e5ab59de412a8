import type { OutboundEndpoint, OutboundMessage } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

/** How an endpoint does: what a person must look at comes first. */
export function EndpointStateBadge({ endpoint }: { endpoint: OutboundEndpoint }) {
  if (endpoint.disabled_reason) return <Badge tone="bad">Turned off by us</Badge>;
  if (!endpoint.enabled) return <Badge>Off</Badge>;
  if (endpoint.failing_since)
    return (
      <Badge tone="bad" dot pulse>
        Failing
      </Badge>
    );
  return (
    <Badge tone="ok" dot>
      On
    </Badge>
  );
}

export const MESSAGE_STATES = [
  { value: "pending", label: "Waiting" },
  { value: "sending", label: "Being sent" },
  { value: "delivered", label: "Delivered" },
  { value: "failed", label: "Failed" },
] as const satisfies readonly { value: OutboundMessage["state"]; label: string }[];

const TONES: Record<OutboundMessage["state"], Tone> = {
  pending: "info",
  sending: "info",
  delivered: "ok",
  failed: "bad",
};

export function MessageStateBadge({ message }: { message: Pick<OutboundMessage, "state" | "attempts"> }) {
  const { state, attempts } = message;
  const again = state === "pending" && attempts > 0;
  return (
    <Badge tone={again ? "warn" : TONES[state]} dot pulse={state === "sending"}>
      {again ? "Waits to retry" : MESSAGE_STATES.find(({ value }) => value === state)?.label}
    </Badge>
  );
}

/** What the receiver said, in few words. */
export const answerOf = ({ last_status: status, attempts }: OutboundMessage): string =>
  attempts === 0 ? "–" : status === null ? "no answer" : String(status);
