import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { WebhookEndpoint } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm, Dialog } from "../../ui/dialog.tsx";
import { Part } from "../../ui/facts.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Secret = WebhookEndpoint["secrets"][number];

const HOUR_MS = 3_600_000;
const OVERLAPS = [
  { label: "stay valid", hours: null },
  { label: "end in 24 hours", hours: 24 },
  { label: "end in 1 hour", hours: 1 },
  { label: "end now", hours: 0 },
] as const;

/** The secrets of an endpoint: any that is active may have signed, so that one is rolled without losing an event. */
export function SecretsPart({ endpoint }: { endpoint: WebhookEndpoint }) {
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Secret | null>(null);
  const client = useQueryClient();
  const remove = async () => {
    if (!removing) return;
    await api.removeSecret(endpoint.id, removing.id);
    toast.success("Secret removed");
    await client.invalidateQueries({ queryKey: ["endpoints"] });
  };
  return (
    <Part
      title="Secrets"
      actions={
        <Button size="sm" variant="ghost" onClick={() => setAdding(true)}>
          {endpoint.secrets.length > 0 ? "Roll" : "Add"}
        </Button>
      }
    >
      {endpoint.secrets.length === 0 ? (
        <p className="px-5 text-sm text-text-2">None: a signature by secret is refused until there is one.</p>
      ) : (
        <ul className="px-5">
          {endpoint.secrets.map((secret) => (
            <li key={secret.id} className="flex min-h-10 items-center gap-2 text-sm">
              <code className="min-w-0 flex-1 truncate font-mono text-xs">…{secret.hint}</code>
              {secret.from_config && <Badge>configured</Badge>}
              <Life secret={secret} />
              <Button
                size="sm"
                variant="ghost"
                aria-label={`Remove the secret …${secret.hint}`}
                onClick={() => setRemoving(secret)}
              >
                Remove
              </Button>
            </li>
          ))}
        </ul>
      )}
      {adding && <RollDialog endpoint={endpoint} onClose={() => setAdding(false)} />}
      <Confirm
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={`Remove the secret …${removing?.hint ?? ""}?`}
        action="Remove"
        danger
        onConfirm={remove}
      >
        What it signed is refused from now on, and the company sends it again.
      </Confirm>
    </Part>
  );
}

function Life({ secret }: { secret: Secret }) {
  const [now] = useState(() => Date.now());
  if (secret.ends_at && Date.parse(secret.ends_at) <= now) return <Badge>ended</Badge>;
  if (Date.parse(secret.starts_at) > now)
    return (
      <span className="text-xs text-text-3">
        from <Time at={secret.starts_at} />
      </span>
    );
  return secret.ends_at ? (
    <span className="text-xs text-warn">
      until <Time at={secret.ends_at} />
    </span>
  ) : (
    <Badge tone="ok">active</Badge>
  );
}

function RollDialog({ endpoint, onClose }: { endpoint: WebhookEndpoint; onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const add = useMutation({
    mutationFn: ({ secret, hours }: { secret: string; hours: number | null }) => {
      const ends =
        hours === null ? {} : { others_end_at: new Date(Date.now() + hours * HOUR_MS).toISOString() };
      return api.addSecret(endpoint.id, { secret, ...ends }, intent.keyFor([secret, ends]));
    },
    onSuccess: async () => {
      intent.done();
      toast.success("Secret added");
      onClose();
      await client.invalidateQueries({ queryKey: ["endpoints"] });
    },
  });
  const problem = add.error instanceof ApiError ? add.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const hours = form.get("hours");
    add.mutate({
      secret: String(form.get("secret")).trim(),
      hours: hours === null || hours === "" ? null : Number(hours),
    });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={endpoint.secrets.length > 0 ? "Roll the secret" : "Add a secret"}
      about="As the company shows it. It is sealed and never shown again."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextField
          label="Secret"
          name="secret"
          required
          autoComplete="off"
          minLength={16}
          maxLength={200}
          placeholder="whsec_…"
          error={problem?.fieldError("secret")}
        />
        {endpoint.secrets.length > 0 && (
          <SelectField label="The others" name="hours" defaultValue={24}>
            {OVERLAPS.map(({ label, hours }) => (
              <option key={label} value={hours ?? ""}>
                {label}
              </option>
            ))}
          </SelectField>
        )}
        {add.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(add.error)} />}
        <Button type="submit" variant="primary" busy={add.isPending} className="self-end">
          Add
        </Button>
      </form>
    </Dialog>
  );
}
