import type { AdminProvider } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

const STATES: Record<AdminProvider["state"], [Tone, string]> = {
  ok: ["ok", "Well"],
  degraded: ["warn", "Degraded"],
  down: ["bad", "Down"],
  off: ["neutral", "Off"],
};

export function ProviderState({ state }: Pick<AdminProvider, "state">) {
  const [tone, text] = STATES[state];
  return (
    <Badge tone={tone} dot>
      {text}
    </Badge>
  );
}
