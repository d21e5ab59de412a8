import { type FormEvent, type ReactNode, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { toast } from "sonner";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Act = () => Promise<void>;

/**
 * Runs acts that ask for a fresh proof of who one is. When the last one is too old, a dialog asks for the password and the
 * act is tried again. `dialog` belongs somewhere on the screen.
 */
export function useProof(): { run(act: Act): Promise<void>; dialog: ReactNode } {
  const [waiting, setWaiting] = useState<Act | null>(null);
  const attempt = async (act: Act): Promise<void> => {
    try {
      await act();
    } catch (error) {
      if (error instanceof ApiError && error.code === "reauth_required") setWaiting(() => act);
      else toast.error(messageOf(error));
    }
  };
  const close = () => setWaiting(null);
  const proven = async () => {
    const act = waiting;
    close();
    if (act) await attempt(act);
  };
  return { run: attempt, dialog: waiting && <ProofDialog onClose={close} onProven={proven} /> };
}

function ProofDialog({ onClose, onProven }: { onClose(): void; onProven(): Promise<void> }) {
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    setState({ busy: true, error: null });
    try {
      await api.reauth(password);
      await onProven();
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Is it still you?"
      about="This asks for a fresh proof. Enter your password; without one, sign out and in again."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        {state.error !== null && <Notice tone="bad" title={messageOf(state.error)} />}
        <TextField
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary" busy={state.busy}>
            Go on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
