import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Props = { open: boolean; onOpenChange(open: boolean): void };

export function InvitePersonDialog({ open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Add a person"
      about="They get an account and an organization of their own, and a mail with a link to choose a password."
    >
      <InviteForm onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function InviteForm({ onDone }: { onDone(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const invite = useMutation({
    mutationFn: (input: { email: string; full_name: string }) =>
      api.invitePerson(input, intent.keyFor(input)),
    onSuccess: async ({ user }) => {
      toast.success("Added", { description: user.email });
      await client.invalidateQueries({ queryKey: ["people"] });
      onDone();
    },
  });
  const problem = invite.error instanceof ApiError ? invite.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    invite.mutate({
      email: String(form.get("email")).trim(),
      full_name: String(form.get("full_name")).trim(),
    });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="Name"
        name="full_name"
        required
        maxLength={100}
        autoComplete="off"
        error={problem?.fieldError("full_name")}
      />
      <TextField
        label="E-mail"
        name="email"
        type="email"
        required
        autoComplete="off"
        error={problem?.fieldError("email")}
      />
      {invite.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(invite.error)} />}
      <Button type="submit" variant="primary" busy={invite.isPending}>
        Add and send the mail
      </Button>
    </form>
  );
}
