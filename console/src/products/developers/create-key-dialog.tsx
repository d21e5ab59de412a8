import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import type { ApiKeyInput, Me, NewApiKey } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { CodeBlock } from "../../ui/copy.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { KeyBounds, readBounds } from "./key-bounds.tsx";

/** What most keys are for; all the others are one click away. */
const SCOPES = [
  { scope: "gateway.use", note: "Call models and read usage" },
  { scope: "credits.spend", note: "Reserve and consume credits" },
  { scope: "payments.read", note: "Read payments and changes as they happen" },
  { scope: "ledger.read", note: "Read the ledger" },
];
const COMMON = new Set(SCOPES.map(({ scope }) => scope));
const LIFETIMES = [
  { days: "90", label: "In 90 days" },
  { days: "30", label: "In 30 days" },
  { days: "365", label: "In a year" },
  { days: "never", label: "Never" },
];

export function CreateKeyDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Create an API key">
      <CreateKey onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function CreateKey({ onDone }: { onDone(): void }) {
  const me = useMe();
  const client = useQueryClient();
  const intent = useIntent();
  const create = useMutation({
    mutationFn: (input: ApiKeyInput) => api.createApiKey(input, intent.keyFor(input)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  if (create.data) return <Secret created={create.data} onDone={onDone} />;
  const problem = create.error instanceof ApiError ? create.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(readForm(new FormData(event.currentTarget), me.mode));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name"
        name="name"
        required
        maxLength={100}
        autoComplete="off"
        placeholder="Production server"
        error={problem?.fieldError("name")}
      />
      <ScopeFields me={me} missing={problem?.fieldError("scopes") !== undefined} />
      {me.permissions.includes("api_keys.manage") && (
        <SelectField label="Kind" name="kind" hint="A service key outlives whoever makes it">
          <option value="personal">Personal: never more than you may</option>
          <option value="service">Service: the organization&apos;s own</option>
        </SelectField>
      )}
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Calls a minute"
          name="rate"
          type="number"
          min={0}
          placeholder="Default"
          hint="0 is no limit"
          error={problem?.fieldError("limits/rpm")}
        />
        <SelectField label="Expires" name="lifetime" error={problem?.fieldError("expires_at")}>
          {LIFETIMES.filter(({ days }) => days !== "never" || atLeast(me, "admin")).map(({ days, label }) => (
            <option key={days} value={days}>
              {label}
            </option>
          ))}
        </SelectField>
      </div>
      <KeyBounds />
      {create.error && (!problem || problem.fields.length === 0) && (
        <Notice tone="bad" title={problem?.title ?? "The key could not be created"}>
          {problem?.detail}
        </Notice>
      )}
      <Button type="submit" variant="primary" busy={create.isPending}>
        Create key
      </Button>
    </form>
  );
}

function ScopeFields({ me, missing }: { me: Me; missing: boolean }) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">It may</legend>
      {SCOPES.map(({ scope, note }, index) => (
        <Checkbox
          key={scope}
          name="scopes"
          value={scope}
          defaultChecked={index === 0}
          label={note}
          note={<code>{scope}</code>}
        />
      ))}
      <details className="mt-1">
        <summary className="cursor-pointer text-xs text-text-2">More of what you may yourself</summary>
        <div className="mt-1 grid sm:grid-cols-2">
          {me.permissions
            .filter((name) => !COMMON.has(name))
            .map((name) => (
              <Checkbox
                key={name}
                name="scopes"
                value={name}
                label={<code className="text-xs">{name}</code>}
              />
            ))}
        </div>
      </details>
      {missing && <p className="text-xs text-bad">Choose at least one.</p>}
    </fieldset>
  );
}

function readForm(form: FormData, mode: ApiKeyInput["mode"]): ApiKeyInput {
  const rate = form.get("rate");
  return {
    name: String(form.get("name")).trim(),
    mode,
    scopes: form.getAll("scopes") as ApiKeyInput["scopes"],
    kind: form.get("kind") === "service" ? "service" : "personal",
    ...readBounds(form, rate ? Number(rate) : null),
    expires_at: expiryOf(String(form.get("lifetime"))),
  };
}

/** To the day, so that a retry a moment later asks for the same. */
function expiryOf(days: string): string | null {
  if (days === "never") return null;
  return `${new Date(Date.now() + Number(days) * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;
}

function Secret({ created, onDone }: { created: NewApiKey; onDone(): void }) {
  return (
    <div className="flex flex-col gap-4">
      {created.secret === null ? (
        <Notice tone="warn" title="The key exists, but its secret was shown before">
          Revoke it and create another.
        </Notice>
      ) : (
        <>
          <Notice tone="ok" title="Copy it now">
            It will not be shown again.
          </Notice>
          <CodeBlock label="Your new API key" code={created.secret} />
        </>
      )}
      <Button variant="primary" onClick={onDone}>
        Done
      </Button>
    </div>
  );
}
