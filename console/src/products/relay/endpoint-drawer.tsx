import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { ApiError, messageOf } from "../../api/problem.ts";
import { relay, relayQueries } from "../../api/relay.ts";
import type { OutboundEndpoint, OutboundEndpointChange } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { EndpointFrame } from "../inbox/endpoint-frame.tsx";
import { EndpointStateBadge } from "./endpoint-state.tsx";
import { Ordered, readEndpoint } from "./new-endpoint-dialog.tsx";
import { ReplayDialog } from "./replay-dialog.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";
import { TypeChoice } from "./type-choice.tsx";

const route = getRouteApi("/app/relay/endpoints/$endpointId");

export function RelayEndpointDrawer() {
  const { endpointId } = route.useParams();
  const search = route.useSearch();
  const navigate = useNavigate();
  const list = useQuery(relayQueries.endpoints());
  const close = () => void navigate({ to: "/relay", search });
  return (
    <EndpointFrame
      endpointId={endpointId}
      list={list}
      title={({ url }) => new URL(url).host}
      renderActions={(endpoint) => <EndpointStateBadge endpoint={endpoint} />}
      onClose={close}
    >
      {(endpoint) => (
        <>
          <Standing endpoint={endpoint} />
          <About endpoint={endpoint} />
          <Settings
            key={`${endpoint.url} ${endpoint.types.join()} ${endpoint.ordered}`}
            endpoint={endpoint}
          />
          <Removal endpoint={endpoint} onRemoved={close} />
        </>
      )}
    </EndpointFrame>
  );
}

function useChange(endpoint: OutboundEndpoint, done: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: OutboundEndpointChange) => relay.changeEndpoint(endpoint.id, body),
    onSuccess: async () => {
      toast.success(done);
      await client.invalidateQueries({ queryKey: ["relay"] });
    },
  });
}

/** Whether it works, and the way to make it. */
function Standing({ endpoint }: { endpoint: OutboundEndpoint }) {
  const turnOn = useChange(endpoint, "Endpoint turned on");
  const { enabled, disabled_reason: reason, failing_since: failing } = endpoint;
  if (enabled && !failing) return null;
  const button = (
    <Button size="sm" busy={turnOn.isPending} onClick={() => turnOn.mutate({ enabled: true })}>
      Turn on
    </Button>
  );
  return (
    <div className="border-b border-line p-5">
      {enabled ? (
        <Notice tone="bad" title="Deliveries fail">
          Since <Time at={failing} />. After five days of failures only, it is turned off and the owners are
          told.
        </Notice>
      ) : reason ? (
        <Notice
          tone="bad"
          title={
            reason === "gone"
              ? "It answered 410 and was turned off"
              : "It failed for five days and was turned off"
          }
          action={button}
        >
          What waited then has failed. Turn it on, then send once more what it missed.
        </Notice>
      ) : (
        <Notice tone="warn" title="It is turned off" action={button}>
          It is told nothing, and what happens meanwhile is not kept for it.
        </Notice>
      )}
      {turnOn.error && <p className="mt-2 text-xs text-bad">{messageOf(turnOn.error)}</p>}
    </div>
  );
}

function About({ endpoint }: { endpoint: OutboundEndpoint }) {
  const [open, setOpen] = useState<"rotate" | "replay" | null>(null);
  return (
    <Part title="Endpoint">
      <div className="px-5 pb-2">
        <CodeBlock label="Address" code={endpoint.url} />
      </div>
      <Facts>
        <Fact name="Mode">{endpoint.mode}</Fact>
        <Fact name="Added">
          <Time at={endpoint.created_at} />
        </Fact>
        {endpoint.previous_secret_until && (
          <Fact name="Old secret">
            signs too until <Time at={endpoint.previous_secret_until} />
          </Fact>
        )}
      </Facts>
      <div className="flex flex-wrap gap-2 px-5 pt-3">
        <TestButton endpoint={endpoint} />
        <Button size="sm" disabled={!endpoint.enabled} onClick={() => setOpen("replay")}>
          Send once more…
        </Button>
        <Button size="sm" onClick={() => setOpen("rotate")}>
          Rotate the secret…
        </Button>
      </div>
      {open === "rotate" && <RotateDialog endpointId={endpoint.id} onClose={() => setOpen(null)} />}
      {open === "replay" && <ReplayDialog endpointId={endpoint.id} onClose={() => setOpen(null)} />}
    </Part>
  );
}

function TestButton({ endpoint }: { endpoint: OutboundEndpoint }) {
  const client = useQueryClient();
  const intent = useIntent();
  const test = useMutation({
    mutationFn: () => relay.test(endpoint.id, intent.keyFor(endpoint.id)),
    onSuccess: async () => {
      // Each press is a message of its own.
      intent.done();
      toast.success("A test is on its way");
      await client.invalidateQueries({ queryKey: ["relay"] });
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  return (
    <Button size="sm" busy={test.isPending} disabled={!endpoint.enabled} onClick={() => test.mutate()}>
      Send a test
    </Button>
  );
}

function Settings({ endpoint }: { endpoint: OutboundEndpoint }) {
  const save = useChange(endpoint, "Endpoint saved");
  const turnOff = useChange(endpoint, "Endpoint turned off");
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(readEndpoint(new FormData(event.currentTarget)));
  };
  return (
    <Part title="Settings">
      <form onSubmit={submit} aria-label="Settings" className="flex flex-col gap-4 px-5">
        <TextField
          label="Address"
          name="url"
          type="url"
          required
          maxLength={2_000}
          autoComplete="off"
          defaultValue={endpoint.url}
          error={problem?.fieldError("url")}
        />
        <TypeChoice chosen={endpoint.types} error={problem?.fieldError("types")} />
        <Ordered ordered={endpoint.ordered} />
        {save.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(save.error)} />}
        {turnOff.error && <Notice tone="bad" title={messageOf(turnOff.error)} />}
        <div className="flex flex-wrap justify-end gap-2">
          {endpoint.enabled && (
            <Button busy={turnOff.isPending} onClick={() => turnOff.mutate({ enabled: false })}>
              Turn off
            </Button>
          )}
          <Button type="submit" variant="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Part>
  );
}

function Removal({ endpoint, onRemoved }: { endpoint: OutboundEndpoint; onRemoved(): void }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const remove = async () => {
    await relay.removeEndpoint(endpoint.id);
    toast.success("Endpoint removed");
    onRemoved();
    await client.invalidateQueries({ queryKey: ["relay"] });
  };
  return (
    <Part title="Remove">
      <div className="flex flex-wrap items-center justify-between gap-3 px-5">
        <p className="min-w-0 flex-1 basis-56 text-sm text-text-2">
          It is told nothing any more. What waits for it fails.
        </p>
        <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
          Remove
        </Button>
      </div>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title="Remove this endpoint?"
        action="Remove"
        danger
        onConfirm={remove}
      >
        Its secret goes with it. Added again, it gets another.
      </Confirm>
    </Part>
  );
}
