import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { memory, memoryQueries, type MemorySettings } from "../../api/memory.ts";
import { messageOf } from "../../api/problem.ts";
import { Badge } from "../../ui/badge.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { SelectField } from "../../ui/field.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

type Choice = MemorySettings["own"];
const CHOICES: [Exclude<Choice, null>, string][] = [
  ["user", "On, one memory for all calls"],
  ["project", "On, one memory for each project"],
  ["off", "Off, whatever a call, a key or the organization says"],
];
const ORGANIZATION = { user: "on", project: "on, by project" } as const;

/** Whether calls use it, and who says so. */
export function ChoiceCard() {
  const client = useQueryClient();
  const settings = useQuery(memoryQueries.settings());
  const choose = useMutation({
    mutationFn: memory.choose,
    onSuccess: (now) => client.setQueryData(memoryQueries.settings().queryKey, now),
  });
  if (settings.error && !settings.data)
    return (
      <Card>
        <Failure error={settings.error} onRetry={() => void settings.refetch()} />
      </Card>
    );
  const { own = null, organization = null } = settings.data ?? {};
  const unsaid = organization === null ? "off" : ORGANIZATION[organization];
  const on = own === null ? organization !== null : own !== "off";
  return (
    <Card>
      <CardHead
        title="Use my memory"
        note="What a call or its key says counts first, unless you turn it off here."
        actions={
          settings.data && (
            <Badge tone={on ? "ok" : "neutral"} dot>
              {on ? "On" : "Off"}
            </Badge>
          )
        }
      />
      <div className="flex flex-col gap-3 p-4">
        {settings.data ? (
          <SelectField
            label="For calls that say nothing of it"
            className="max-w-md"
            value={own ?? ""}
            disabled={choose.isPending}
            onChange={({ target }) =>
              choose.mutate(CHOICES.find(([value]) => value === target.value)?.[0] ?? null)
            }
          >
            <option value="">As the organization has it ({unsaid})</option>
            {CHOICES.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </SelectField>
        ) : (
          <Skeleton className="h-14 w-full max-w-md" />
        )}
        {choose.error && <Notice tone="bad" title={messageOf(choose.error)} />}
      </div>
    </Card>
  );
}
