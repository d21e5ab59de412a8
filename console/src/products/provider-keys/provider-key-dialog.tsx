import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { NewProviderKeyInput, ProviderKey, ProviderKeyChange } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Props = { known: ProviderKey | null; onClose(): void };

/** Adds a key at a provider, or changes how one is used. */
export function ProviderKeyDialog({ known, onClose }: Props) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={known ? `Key at ${known.provider}` : "Add a key"}
      about="The provider is asked whether it takes the key. It is kept sealed and never shown again."
    >
      <KeyForm known={known} onClose={onClose} />
    </Dialog>
  );
}

function changeOf(form: FormData): ProviderKeyChange {
  const secret = String(form.get("secret")).trim();
  return {
    ...(secret && { secret }),
    use: form.get("use") === "only" ? "only" : "prefer",
    fallback_to_platform: form.has("fallback"),
  };
}

function KeyForm({ known, onClose }: Props) {
  const client = useQueryClient();
  const intent = useIntent();
  const served = useQuery(llmQueries.served());
  const save = useMutation({
    mutationFn: ({ provider, change }: { provider: string; change: ProviderKeyChange }) => {
      if (known) return llm.changeKey(known.id, change);
      const input: NewProviderKeyInput = { ...change, provider, secret: change.secret ?? "" };
      return llm.addKey(input, intent.keyFor(input));
    },
    onSuccess: async ({ provider }) => {
      toast.success(known ? "Changed" : "Added", { description: provider });
      await client.invalidateQueries({ queryKey: ["llm"] });
      onClose();
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    save.mutate({ provider: String(form.get("provider") ?? ""), change: changeOf(form) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {!known && (
        <SelectField label="Provider" name="provider" required error={problem?.fieldError("provider")}>
          {served.data?.data.map(({ id }) => (
            <option key={id} value={id}>
              {id}
            </option>
          ))}
        </SelectField>
      )}
      <TextField
        label="Key"
        name="secret"
        type="password"
        minLength={8}
        maxLength={500}
        required={!known}
        autoComplete="off"
        placeholder={known ? `…${known.secret_last4}` : undefined}
        hint={known ? "Left empty: the one there is" : undefined}
        error={problem?.fieldError("secret")}
      />
      <SelectField label="Use it" name="use" defaultValue={known?.use ?? "prefer"}>
        <option value="prefer">First, before other providers</option>
        <option value="only">Alone, where its provider serves the model</option>
      </SelectField>
      <Checkbox
        name="fallback"
        label="Fall back to the installation's key"
        note="When yours cannot serve a call, it goes by ours and costs credits."
        defaultChecked={known?.fallback_to_platform ?? false}
      />
      {save.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(save.error)} />}
      <FormFoot onCancel={onClose} busy={save.isPending}>
        {known ? "Save" : "Add"}
      </FormFoot>
    </form>
  );
}
