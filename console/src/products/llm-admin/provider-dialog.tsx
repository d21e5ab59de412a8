import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { llm } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { AdminProvider, NewProviderInput, ProviderChange } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { PLAN_MARKUPS, planMarkupsOf, shownMarkups, textOf, timeoutsOf, TIMEOUTS } from "./provider-form.ts";

const KINDS: [AdminProvider["kind"], string][] = [
  ["compatible", "Any OpenAI-compatible address"],
  ["openrouter", "OpenRouter"],
  ["openai", "OpenAI"],
  ["anthropic", "Anthropic"],
  ["glama", "Glama"],
  ["requesty", "Requesty"],
];

type Props = { provider: AdminProvider | null; onClose(): void };

/** Adds a provider, or sets one up anew. */
export function ProviderDialog({ provider, onClose }: Props) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      wide
      title={provider ? provider.id : "Add a provider"}
      about={
        provider
          ? "Holds in every process at once; calls under way end as they began."
          : "It serves once it has prices: import them from a file, or read its own list."
      }
    >
      <ProviderForm provider={provider} onClose={onClose} />
    </Dialog>
  );
}

function ProviderForm({ provider, onClose }: Props) {
  const client = useQueryClient();
  const intent = useIntent();
  const save = useMutation({
    mutationFn: ({ id, change }: { id: string; change: ProviderChange }) => {
      if (provider) return llm.changeProvider(provider.id, change);
      const input: NewProviderInput = { id, ...change };
      return llm.addProvider(input, intent.keyFor(input));
    },
    onSuccess: async ({ id }) => {
      toast.success(provider ? "Changed" : "Added", { description: id });
      await client.invalidateQueries({ queryKey: ["llm"] });
      onClose();
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({ id: textOf(form, "id"), change: changeOf(form) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Where provider={provider} problem={problem} />
      <Money provider={provider} problem={problem} />
      <Deadlines provider={provider} />
      <Checkbox
        name="enabled"
        label="Enabled"
        note="Off, nothing is asked there."
        defaultChecked={provider?.enabled ?? true}
      />
      {save.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(save.error)} />}
      <FormFoot onCancel={onClose} busy={save.isPending}>
        {provider ? "Save" : "Add"}
      </FormFoot>
    </form>
  );
}

function changeOf(form: FormData): ProviderChange {
  const disconnect = textOf(form, "on_disconnect");
  const secret = textOf(form, "secret");
  return {
    kind: textOf(form, "kind") as ProviderChange["kind"],
    base_url: textOf(form, "base_url") || null,
    ...(secret && { secret }),
    private_address: form.has("private_address"),
    enabled: form.has("enabled"),
    markup_percent: Number(form.get("markup_percent")),
    plan_markups: planMarkupsOf(form),
    cost_basis: textOf(form, "cost_basis") === "table" ? "table" : "provider",
    on_disconnect: disconnect === "abort" || disconnect === "drain" ? disconnect : null,
    timeouts: timeoutsOf(form),
  };
}

function Where({ provider, problem }: { provider: AdminProvider | null; problem: ApiError | null }) {
  const [kind, setKind] = useState<string>(provider?.kind ?? "compatible");
  return (
    <>
      <div className="grid gap-4 sm:grid-cols-2">
        {!provider && (
          <TextField
            label="Name"
            name="id"
            required
            maxLength={40}
            pattern="[a-z0-9][a-z0-9\-]*"
            autoComplete="off"
            spellCheck={false}
            hint="As routing and usage name it; it stays"
            error={problem?.fieldError("id")}
          />
        )}
        <SelectField
          label="Speaks like"
          name="kind"
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value)}
        >
          {KINDS.map(([value, text]) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </SelectField>
      </div>
      <TextField
        label="Address"
        name="base_url"
        type="url"
        maxLength={500}
        required={kind === "compatible"}
        autoComplete="off"
        defaultValue={provider?.base_url ?? ""}
        placeholder={provider?.address ?? "https://models.example.com/v1"}
        hint={kind === "compatible" ? undefined : "Left empty: the company's own"}
        error={problem?.fieldError("base_url")}
      />
      <TextField
        label="Key"
        name="secret"
        type="password"
        minLength={8}
        maxLength={500}
        required={!provider}
        autoComplete="off"
        placeholder={provider?.secret_last4 ? `…${provider.secret_last4}` : undefined}
        hint={provider ? "Left empty: the one there is. Needed again with another address." : undefined}
        error={problem?.fieldError("secret")}
      />
      <Checkbox
        name="private_address"
        label="The address lies inside our network"
        note="Else it must be public and use TLS, and is looked at with each connection."
        defaultChecked={provider?.private_address ?? false}
      />
    </>
  );
}

function Money({ provider, problem }: { provider: AdminProvider | null; problem: ApiError | null }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Markup in percent"
        name="markup_percent"
        type="number"
        min={0}
        max={500}
        required
        defaultValue={provider?.markup_percent ?? 0}
        hint="A change makes a new version of its prices"
      />
      <TextField
        label="Markup by plan"
        name="plan_markups"
        autoComplete="off"
        spellCheck={false}
        pattern={PLAN_MARKUPS}
        defaultValue={shownMarkups(provider?.plan_markups ?? {})}
        placeholder="pro 20, enterprise 0"
        hint="Plan and percent, separated by commas; the others pay the one beside"
        error={problem?.fieldError("plan_markups")}
      />
      <SelectField label="Charge" name="cost_basis" defaultValue={provider?.cost_basis ?? "provider"}>
        <option value="provider">What the provider says it bills</option>
        <option value="table">Counts × prices</option>
      </SelectField>
      <SelectField
        label="When a caller leaves"
        name="on_disconnect"
        defaultValue={provider?.on_disconnect ?? ""}
      >
        <option value="">As this kind has it</option>
        <option value="abort">Cut the call</option>
        <option value="drain">Read it to its end</option>
      </SelectField>
    </div>
  );
}

function Deadlines({ provider }: { provider: AdminProvider | null }) {
  return (
    <fieldset className="grid grid-cols-2 gap-4 sm:grid-cols-4">
      <legend className="mb-1.5 text-sm font-medium">Deadlines in seconds, where they differ</legend>
      {TIMEOUTS.map(([name, label, most]) => (
        <TextField
          key={name}
          label={label}
          name={name}
          type="number"
          min={1}
          max={most}
          defaultValue={provider?.timeouts?.[name] ?? ""}
        />
      ))}
    </fieldset>
  );
}
