import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { relayQueries } from "../../api/relay.ts";
import { humanize } from "../../lib/format.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";

/** Which events an endpoint is told, by what they are about. Its checkboxes are named `types`. */
export function TypeChoice({ chosen, error }: { chosen: readonly string[]; error?: string | undefined }) {
  const known = useQuery(relayQueries.eventTypes());
  const [picked, setPicked] = useState<ReadonlySet<string>>(() => new Set(chosen));
  if (!known.data)
    return known.error ? (
      <Failure error={known.error} onRetry={() => void known.refetch()} />
    ) : (
      <Skeleton className="h-40 w-full" />
    );
  const all = known.data.data;
  const groups = Map.groupBy(all, ({ type }) => type.split(".")[0] ?? type);
  const toggle = (type: string) => {
    const next = new Set(picked);
    if (!next.delete(type)) next.add(type);
    setPicked(next);
  };
  const whole = picked.size === all.length;
  return (
    <fieldset aria-describedby={error ? "types-error" : undefined}>
      <legend className="sr-only">Events</legend>
      <div className="mb-1 flex min-h-7 items-center justify-between gap-2">
        <span aria-hidden className="text-sm font-medium">
          Events
        </span>
        <Button
          size="sm"
          variant="ghost"
          onClick={() => setPicked(new Set(whole ? [] : all.map(({ type }) => type)))}
        >
          {whole ? "Choose none" : "Choose all"}
        </Button>
      </div>
      <div className="flex flex-col gap-3 rounded-lg border border-line p-3">
        {[...groups].map(([name, types]) => (
          <fieldset key={name}>
            <legend className="text-xs font-semibold text-text-3">{humanize(name)}</legend>
            {types.map(({ type, description }) => (
              <Checkbox
                key={type}
                name="types"
                value={type}
                checked={picked.has(type)}
                onChange={() => toggle(type)}
                label={<code className="font-mono text-xs">{type}</code>}
                note={description}
              />
            ))}
          </fieldset>
        ))}
      </div>
      {error && (
        <p id="types-error" className="mt-1 text-xs text-bad">
          Choose at least one.
        </p>
      )}
    </fieldset>
  );
}
