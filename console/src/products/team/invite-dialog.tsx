import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { Role } from "../../api/types.ts";
import { useIntent } from "../../lib/intent.ts";
import { humanize } from "../../lib/format.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { assignable } from "./permissions.ts";

type Props = { open: boolean; onOpenChange(open: boolean): void };

export function InviteDialog({ open, onOpenChange }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Invite a colleague"
      about="They get a mail with a link that is good for 7 days, for that address only."
    >
      <InviteForm onDone={() => onOpenChange(false)} />
    </Dialog>
  );
}

function InviteForm({ onDone }: { onDone(): void }) {
  const me = useMe();
  const client = useQueryClient();
  const intent = useIntent();
  const invite = useMutation({
    mutationFn: (input: { email: string; role: Role }) => api.invite(input, intent.keyFor(input)),
    onSuccess: async ({ email }) => {
      toast.success("Invited", { description: email });
      await client.invalidateQueries({ queryKey: ["team"] });
      onDone();
    },
  });
  const problem = invite.error instanceof ApiError ? invite.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    invite.mutate({ email: String(form.get("email")).trim(), role: String(form.get("role")) as Role });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label="E-mail"
        name="email"
        type="email"
        required
        autoComplete="off"
        error={problem?.fieldError("email")}
      />
      <SelectField label="Role" name="role" defaultValue="agent">
        {assignable(me.role).map(({ role, about }) => (
          <option key={role} value={role}>
            {humanize(role)}: {about}
          </option>
        ))}
      </SelectField>
      {invite.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(invite.error)} />}
      <Button type="submit" variant="primary" busy={invite.isPending}>
        Send invitation
      </Button>
    </form>
  );
}
