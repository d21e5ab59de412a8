import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { WebhookEndpoint } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { EndpointFrame } from "./endpoint-frame.tsx";
import { SecretsPart } from "./secrets-part.tsx";

const route = getRouteApi("/app/endpoints/$endpointId");

export function EndpointDrawer() {
  const { endpointId } = route.useParams();
  const navigate = useNavigate();
  const list = useQuery(queries.endpoints());
  return (
    <EndpointFrame
      endpointId={endpointId}
      list={list}
      title={({ source }) => `${humanize(source)} endpoint`}
      renderActions={(endpoint) => !endpoint.is_default && <Remove endpoint={endpoint} />}
      onClose={() => void navigate({ to: "/endpoints" })}
    >
      {(endpoint) => (
        <>
          <About endpoint={endpoint} />
          <Settings endpoint={endpoint} />
          <SecretsPart endpoint={endpoint} />
        </>
      )}
    </EndpointFrame>
  );
}

function About({ endpoint }: { endpoint: WebhookEndpoint }) {
  return (
    <Part title="Endpoint">
      <div className="px-5 pb-2">
        <CodeBlock label="Address" code={endpoint.url} />
      </div>
      <Facts>
        <Fact name="Account">{endpoint.account_id}</Fact>
        <Fact name="Mode">{endpoint.mode}</Fact>
        <Fact name="Company's id">
          {endpoint.provider_webhook_id ? <Id id={endpoint.provider_webhook_id} /> : "not told"}
        </Fact>
        <Fact name="Last event">
          {endpoint.last_event_at ? <Time at={endpoint.last_event_at} /> : "never"}
        </Fact>
      </Facts>
    </Part>
  );
}

function Settings({ endpoint }: { endpoint: WebhookEndpoint }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (body: { enabled: boolean; max_attempts: number; cap_per_minute: number | null }) =>
      api.changeEndpoint(endpoint.id, body),
    onSuccess: async () => {
      toast.success("Endpoint saved");
      await client.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const cap = String(form.get("cap_per_minute"));
    save.mutate({
      enabled: form.has("enabled"),
      max_attempts: Number(form.get("max_attempts")),
      cap_per_minute: cap === "" ? null : Number(cap),
    });
  };
  return (
    <Part title="Settings">
      <form onSubmit={submit} aria-label="Settings" className="flex flex-col gap-3 px-5">
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
        <TextField
          label="Events a minute at most"
          name="cap_per_minute"
          type="number"
          min={1}
          max={1_000_000}
          defaultValue={endpoint.cap_per_minute ?? ""}
          hint="Empty: genuine events are never refused. Past a cap the company is told to come back."
          error={problem?.fieldError("cap_per_minute")}
        />
        <Checkbox
          name="enabled"
          defaultChecked={endpoint.enabled}
          label="Take deliveries"
          note="Off: the company is told 404."
        />
        {save.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(save.error)} />}
        <Button type="submit" variant="primary" busy={save.isPending} className="self-end">
          Save
        </Button>
      </form>
    </Part>
  );
}

function Remove({ endpoint }: { endpoint: WebhookEndpoint }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = async () => {
    await api.removeEndpoint(endpoint.id);
    toast.success("Endpoint removed");
    await navigate({ to: "/endpoints" });
    await client.invalidateQueries({ queryKey: ["endpoints"] });
  };
  return (
    <>
      <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
        Remove
      </Button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Remove this endpoint?"
        action="Remove"
        danger
        onConfirm={remove}
      >
        Its secrets go with it and the company is told 404.{" "}
        {endpoint.is_remote && "It is removed there too. "}
        Events that came through it stay.
      </Confirm>
    </>
  );
}
