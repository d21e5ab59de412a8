import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { PASSWORD_HINT } from "../sign-in/sign-up-screen.tsx";

export function PasswordPanel() {
  const client = useQueryClient();
  const change = useMutation({ mutationFn: api.changePassword });
  const problem = change.error instanceof ApiError ? change.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    change.mutate(String(new FormData(form).get("password")), {
      onSuccess: () => {
        form.reset();
        toast.success("Your password is changed");
        void client.invalidateQueries({ queryKey: ["sessions"] });
      },
    });
  };
  return (
    <Card>
      <CardHead title="Password" note="A new one signs out everything else that is signed in as you." />
      <form onSubmit={submit} className="flex flex-col gap-3 p-4">
        {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
        <div className="flex flex-wrap items-end gap-3">
          <TextField
            className="min-w-0 flex-1 basis-64"
            label="New password"
            name="password"
            type="password"
            autoComplete="new-password"
            required
            hint={PASSWORD_HINT}
            error={problem?.fieldError("password")}
          />
          <Button type="submit" variant="primary" busy={change.isPending} className="mb-5.5">
            Change password
          </Button>
        </div>
      </form>
    </Card>
  );
}
