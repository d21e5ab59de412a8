import { type FormEvent, useEffect, useState } from "react";
import { whenProofNeeded } from "../api/fetch.ts";
import { api } from "../api/operations.ts";
import { askForPasskey, passkeysWork, wasCancelled } from "../api/passkeys.ts";
import { messageOf } from "../api/problem.ts";
import { Button } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/field.tsx";
import { Notice } from "../ui/states.tsx";

type Asked = { answer(proven: boolean): void };

/** Mounted once: whatever call needs a fresh proof opens it, and goes on when the proof is given. */
export function ProofDialog() {
  const [asked, setAsked] = useState<Asked | null>(null);
  useEffect(() => {
    whenProofNeeded(() => new Promise((answer) => setAsked({ answer })));
    return () => whenProofNeeded(null);
  }, []);
  if (!asked) return null;
  const end = (proven: boolean) => {
    setAsked(null);
    asked.answer(proven);
  };
  return <Question onEnd={end} />;
}

function Question({ onEnd }: { onEnd(proven: boolean): void }) {
  const [byCode, setByCode] = useState(false);
  const [state, setState] = useState<{ busy: boolean; error: unknown }>({ busy: false, error: null });
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // A form inside a dialog is, for React, still inside the form that opened it.
    event.stopPropagation();
    const given = String(new FormData(event.currentTarget).get("proof"));
    await prove(() => api.prove(byCode ? { code: given } : { password: given }));
  };
  const prove = async (act: () => Promise<unknown>) => {
    setState({ busy: true, error: null });
    try {
      await act();
      onEnd(true);
    } catch (error) {
      setState({ busy: false, error: wasCancelled(error) ? null : error });
    }
  };
  const byPasskey = () => prove(async () => api.prove({ assertion: await askForPasskey() }));
  return (
    <Dialog
      open
      onOpenChange={() => onEnd(false)}
      title="Prove it is you"
      about="What you are about to do asks for it. It counts for ten minutes."
    >
      <form onSubmit={(event) => void submit(event)} className="flex flex-col gap-4">
        {state.error !== null && <Notice tone="bad" title={messageOf(state.error)} />}
        {byCode ? (
          <TextField
            key="code"
            label="Code of your authenticator app, or a backup code"
            name="proof"
            autoComplete="one-time-code"
            required
          />
        ) : (
          <TextField
            key="password"
            label="Password"
            name="proof"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
        <div className="flex flex-wrap items-center justify-end gap-2">
          <span className="mr-auto flex">
            <Button variant="ghost" size="sm" onClick={() => setByCode(!byCode)}>
              {byCode ? "Use the password" : "Use a code"}
            </Button>
            {passkeysWork() && (
              <Button variant="ghost" size="sm" onClick={() => void byPasskey()}>
                Use a passkey
              </Button>
            )}
          </span>
          <Button onClick={() => onEnd(false)}>Cancel</Button>
          <Button type="submit" variant="primary" busy={state.busy}>
            Go on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
