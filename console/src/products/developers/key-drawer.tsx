import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import type { ApiKey, ApiKeyChange } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog, Drawer } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Notice } from "../../ui/states.tsx";
import { KeyBounds, readBounds } from "./key-bounds.tsx";

type Props = { apiKey: ApiKey; onClose(): void };

export function KeyDrawer({ apiKey, onClose }: Props) {
  const [rotating, setRotating] = useState(false);
  const change = useChange(apiKey);
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={apiKey.name}
      subtitle={<code className="font-mono">{apiKey.prefix}…</code>}
      actions={<Badge tone={apiKey.paused ? "warn" : "ok"}>{apiKey.paused ? "Paused" : "Works"}</Badge>}
    >
      <Part title="Key">
        <Facts>
          <Fact name="Kind">{humanize(apiKey.kind)}</Fact>
          <Fact name="Made by">
            <Id id={apiKey.created_by} />
          </Fact>
          <Fact name="Made">
            <Time at={apiKey.created_at} />
          </Fact>
          <Fact name="Last used">{apiKey.last_used_at ? <Time at={apiKey.last_used_at} /> : "Never"}</Fact>
          <Fact name="Expires">{apiKey.expires_at ? <Time at={apiKey.expires_at} /> : "Never"}</Fact>
        </Facts>
        <div className="mt-4 flex flex-wrap gap-2 px-5">
          <Button size="sm" busy={change.isPending} onClick={() => change.mutate({ paused: !apiKey.paused })}>
            {apiKey.paused ? "Let it go on" : "Pause"}
          </Button>
          <Button size="sm" onClick={() => setRotating(true)}>
            Rotate…
          </Button>
        </div>
      </Part>
      <ScopesPart apiKey={apiKey} />
      <BoundsPart apiKey={apiKey} />
      {rotating && <RotateDialog apiKey={apiKey} onClose={() => setRotating(false)} />}
    </Drawer>
  );
}

function useChange({ id }: ApiKey) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: ApiKeyChange) => api.changeApiKey(id, change),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
    onError: (error) => toast.error(messageOf(error)),
  });
}

function ScopesPart({ apiKey }: { apiKey: ApiKey }) {
  const change = useChange(apiKey);
  const unused = new Set(apiKey.unused_scopes);
  const kept = apiKey.scopes.filter((scope) => !unused.has(scope)) as ApiKeyChange["scopes"];
  return (
    <Part title="Scopes">
      <ul className="flex flex-wrap gap-1.5 px-5">
        {apiKey.scopes.map((scope) => (
          <li key={scope}>
            <Badge tone={unused.has(scope) ? "warn" : "neutral"}>
              {scope}
              {unused.has(scope) && " · unused"}
            </Badge>
          </li>
        ))}
      </ul>
      {unused.size > 0 && kept && kept.length > 0 && (
        <div className="mx-5 mt-3">
          <Notice
            tone="warn"
            title={`${unused.size} not used for 30 days`}
            action={
              <Button size="sm" busy={change.isPending} onClick={() => change.mutate({ scopes: kept })}>
                Take them away
              </Button>
            }
          >
            A key should hold what it needs and no more.
          </Notice>
        </div>
      )}
    </Part>
  );
}

function BoundsPart({ apiKey }: { apiKey: ApiKey }) {
  const change = useChange(apiKey);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const rpm = form.get("rpm");
    const bounds = readBounds(form, rpm ? Number(rpm) : null);
    change.mutate(
      { name: String(form.get("name")), ...bounds },
      { onSuccess: () => toast.success("Saved", { description: apiKey.name }) },
    );
  };
  return (
    <Part title="Name and bounds">
      <form onSubmit={submit} className="flex flex-col gap-4 px-5">
        <TextField label="Name" name="name" required maxLength={100} defaultValue={apiKey.name} />
        <TextField
          label="Calls a minute"
          name="rpm"
          type="number"
          min={0}
          placeholder="Default"
          defaultValue={apiKey.limits.rpm ?? ""}
        />
        <KeyBounds apiKey={apiKey} />
        <div>
          <Button type="submit" variant="primary" size="sm" busy={change.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Part>
  );
}

const OVERLAPS = [
  { hours: 24, label: "The old secret works 24 hours more" },
  { hours: 72, label: "The old secret works 72 hours more" },
  { hours: 1, label: "The old secret works one hour more" },
  { hours: 0, label: "The old secret ends now" },
];

function RotateDialog({ apiKey, onClose }: Props) {
  const client = useQueryClient();
  const rotate = useMutation({
    mutationFn: (hours: number) => api.rotateApiKey(apiKey.id, hours),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rotate.mutate(Number(new FormData(event.currentTarget).get("hours")));
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Rotate “${apiKey.name}”`}
      about="A new secret for the same key."
    >
      {rotate.data ? (
        <div className="flex flex-col gap-4">
          <Notice tone="ok" title="Copy it now">
            It will not be shown again.
          </Notice>
          <CodeBlock label="Your new secret" code={rotate.data.secret ?? ""} />
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        </div>
      ) : (
        <form onSubmit={submit} className="flex flex-col gap-4">
          <SelectField label="Overlap" name="hours">
            {OVERLAPS.map(({ hours, label }) => (
              <option key={hours} value={hours}>
                {label}
              </option>
            ))}
          </SelectField>
          {rotate.error && <Notice tone="bad" title={messageOf(rotate.error)} />}
          <Button type="submit" variant="primary" busy={rotate.isPending}>
            Rotate
          </Button>
        </form>
      )}
    </Dialog>
  );
}
