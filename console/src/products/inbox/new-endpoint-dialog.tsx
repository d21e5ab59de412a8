import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api, type NewEndpoint } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import { humanize } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

/** A further endpoint of a company's account. */
export function NewEndpointDialog({ onClose }: { onClose(): void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const intent = useIntent();
  const { data } = useQuery(queries.endpoints());
  const sources = [...new Set(data?.data.map((row) => row.source) ?? [])].toSorted();
  const create = useMutation({
    mutationFn: (body: NewEndpoint) => api.createEndpoint(body, intent.keyFor(body)),
    onSuccess: async ({ id }) => {
      intent.done();
      toast.success("Endpoint added");
      await client.invalidateQueries({ queryKey: ["endpoints"] });
      onClose();
      await navigate({ to: "/endpoints/$endpointId", params: { endpointId: id } });
    },
  });
  const problem = create.error instanceof ApiError ? create.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    create.mutate({
      source: String(form.get("source")),
      account_id: String(form.get("account_id")).trim(),
      create_remote: form.has("create_remote"),
    });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Add an endpoint"
      about="Of another account, or a second one of the same: copies are noticed and ignored."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <SelectField label="Company" name="source" error={problem?.fieldError("source")}>
          {sources.map((source) => (
            <option key={source} value={source}>
              {humanize(source)}
            </option>
          ))}
        </SelectField>
        <TextField
          label="Account"
          name="account_id"
          required
          maxLength={200}
          placeholder="acct_…"
          error={problem?.fieldError("account_id")}
        />
        <Checkbox
          name="create_remote"
          label="Make it at the company too"
          note="Where its interface allows; its secret is taken over and never shown."
        />
        {create.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(create.error)} />}
        <Button type="submit" variant="primary" busy={create.isPending} className="self-end">
          Add
        </Button>
      </form>
    </Dialog>
  );
}
