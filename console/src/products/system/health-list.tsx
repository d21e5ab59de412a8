import type { System } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Skeleton } from "../../ui/states.tsx";

/** Each part with how quickly it answered. */
export function HealthList({ checks }: { checks: System["checks"] | undefined }) {
  return (
    <ul className="divide-y divide-line">
      {checks
        ? checks.map((check) => (
            <li key={check.name} className="flex min-h-11 items-center gap-3 px-4 py-1.5 text-sm">
              <div className="min-w-0 flex-1">
                <p className="truncate">{humanize(check.name)}</p>
                {check.detail && <p className="truncate text-xs text-text-3">{check.detail}</p>}
              </div>
              <span className="num text-xs text-text-3">{check.ms} ms</span>
              <Badge tone={check.ok ? "ok" : "bad"} dot>
                {check.ok ? "Working" : "Failing"}
              </Badge>
            </li>
          ))
        : [0, 1, 2, 3].map((row) => (
            <li key={row} className="flex h-11 items-center px-4">
              <Skeleton className="h-3.5 w-full" />
            </li>
          ))}
    </ul>
  );
}
