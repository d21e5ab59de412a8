import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { ApiError, messageOf } from "../../api/problem.ts";
import { relay } from "../../api/relay.ts";
import type { NewOutboundEndpointInput } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { SecretOnce } from "./secret-once.tsx";
import { TypeChoice } from "./type-choice.tsx";

export function NewEndpointDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const create = useMutation({
    mutationFn: (body: NewOutboundEndpointInput) => relay.createEndpoint(body, intent.keyFor(body)),
    onSuccess: () => client.invalidateQueries({ queryKey: ["relay"] }),
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add an endpoint"
      about={create.data ? undefined : "Each event is posted there, signed, and again until it answers 2xx."}
    >
      {create.data ? (
        <SecretOnce secret={create.data.secret} onDone={onClose} />
      ) : (
        <Form busy={create.isPending} error={create.error} onSubmit={(body) => create.mutate(body)} />
      )}
    </Dialog>
  );
}

function Form({
  busy,
  error,
  onSubmit,
}: {
  busy: boolean;
  error: unknown;
  onSubmit(body: NewOutboundEndpointInput): void;
}) {
  const problem = error instanceof ApiError ? error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onSubmit(readEndpoint(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Address"
        name="url"
        type="url"
        required
        maxLength={2_000}
        autoComplete="off"
        placeholder="https://example.com/hooks"
        error={problem?.fieldError("url")}
      />
      <TypeChoice chosen={[]} error={problem?.fieldError("types")} />
      <Ordered />
      {error !== null && !problem?.fields.length && <Notice tone="bad" title={messageOf(error)} />}
      <Button type="submit" variant="primary" busy={busy} className="self-end">
        Add
      </Button>
    </form>
  );
}

export function Ordered({ ordered = false }: { ordered?: boolean }) {
  return (
    <Checkbox
      name="ordered"
      defaultChecked={ordered}
      label="In order"
      note="One message at a time for each object: one that fails keeps the later ones of its object waiting."
    />
  );
}

export const readEndpoint = (form: FormData) => ({
  url: String(form.get("url")).trim(),
  types: form.getAll("types") as NewOutboundEndpointInput["types"],
  ordered: form.has("ordered"),
});
