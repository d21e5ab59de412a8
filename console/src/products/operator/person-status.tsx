import type { PersonStatus } from "../../api/types.ts";
import { Badge, type Tone } from "../../ui/badge.tsx";

export const PEOPLE_STATUSES: { value: PersonStatus; label: string; tone: Tone }[] = [
  { value: "active", label: "Active", tone: "ok" },
  { value: "invited", label: "Invited", tone: "info" },
  { value: "disabled", label: "Disabled", tone: "bad" },
  { value: "leaving", label: "Leaving", tone: "warn" },
];

export function PersonStatusBadge({ status }: { status: PersonStatus }) {
  const found = PEOPLE_STATUSES.find(({ value }) => value === status);
  return <Badge tone={found?.tone ?? "neutral"}>{found?.label ?? status}</Badge>;
}
