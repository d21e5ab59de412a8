import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import type { Me, Profile } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

/** The session in which this browser was asked last: once for each sign-in. */
const ASKED = "holdfast.address-asked";

/** Mail to the person's address came back: after the sign-in they are asked which one is right. */
export function AddressDialog({ me }: { me: Me }) {
  const sessionId = me.session?.id ?? "";
  const [asked, setAsked] = useState(() => sessionStorage.getItem(ASKED) === sessionId);
  const { data: profile } = useQuery(queries.profile());
  if (!profile?.email_flagged || profile.pending_email !== null || me.view_as !== null || asked) return null;
  const close = () => {
    sessionStorage.setItem(ASKED, sessionId);
    setAsked(true);
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && close()}
      title="Mail to your address does not arrive"
      about="It came back, or was called spam. Without it you cannot reset your password or hear of new sign-ins."
    >
      <AddressForm profile={profile} onDone={close} />
    </Dialog>
  );
}

function AddressForm({ profile, onDone }: { profile: Profile; onDone(): void }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (email: string) => api.changeProfile({ email }),
    onSuccess: (next) => {
      toast.success(next.pending_email ? `A mail waits at ${next.pending_email}` : "Your profile is saved");
      client.setQueryData(queries.profile().queryKey, next);
      onDone();
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(String(new FormData(event.currentTarget).get("email")));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {problem && problem.fields.length === 0 && <Notice tone="bad" title={problem.title} />}
      <TextField
        label="Your address"
        name="email"
        type="email"
        required
        defaultValue={profile.email}
        hint="Leave it as it is when mail arrives there again"
        error={problem?.fieldError("email")}
      />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={save.isPending}>
          Send me a mail
        </Button>
        <Button onClick={onDone}>Later</Button>
      </div>
    </form>
  );
}
