import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { WebhookEndpoint } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Empty, Failure, Notice, Skeleton } from "../../ui/states.tsx";

export function EndpointsDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
}) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Endpoints"
      about="Where companies deliver, and how often a failing event is tried before it is dead."
    >
      <Endpoints />
    </Dialog>
  );
}

function Endpoints() {
  const { data, error, refetch } = useQuery(queries.endpoints());
  if (error && !data) return <Failure error={error} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton className="h-32 w-full" />;
  if (data.data.length === 0) return <Empty title="No endpoints" />;
  return data.data.map((endpoint) => <EndpointForm key={endpoint.id} endpoint={endpoint} />);
}

function EndpointForm({ endpoint }: { endpoint: WebhookEndpoint }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: { enabled: boolean; max_attempts: number }) => api.changeEndpoint(endpoint.id, body),
    onSuccess: async () => {
      toast.success("Endpoint saved");
      await client.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({ enabled: form.has("enabled"), max_attempts: Number(form.get("max_attempts")) });
  };
  return (
    <form
      onSubmit={submit}
      aria-label={`Endpoint ${humanize(endpoint.source)}`}
      className="flex flex-col gap-3 border-t border-line py-4 first:border-t-0 first:pt-0 last:pb-0"
    >
      <div className="flex items-center gap-2">
        <p className="text-sm font-medium">{humanize(endpoint.source)}</p>
        <code className="min-w-0 flex-1 truncate font-mono text-xs text-text-3">{endpoint.url}</code>
        <Badge tone={endpoint.mode === "test" ? "warn" : "ok"}>{endpoint.mode}</Badge>
      </div>
      <TextField
        label="Attempts before an event is dead"
        name="max_attempts"
        type="number"
        min={1}
        max={77}
        required
        defaultValue={endpoint.max_attempts}
        hint="The wait doubles each time, up to an hour. 12 is about 6 hours."
        error={problem?.fieldError("max_attempts")}
      />
      <Checkbox
        name="enabled"
        defaultChecked={endpoint.enabled}
        label="Take deliveries"
        note="Off: the company is told 404."
      />
      {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
      <Button type="submit" variant="primary" busy={save.isPending} className="self-end">
        Save
      </Button>
    </form>
  );
}
