import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import type { WaitingDevice } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Done } from "./done.tsx";
import { Question } from "./question.tsx";

type Found = { code: string; device: WaitingDevice };

/** A device without a browser shows a code; whoever types it here lets that device in. */
export function DeviceScreen() {
  const me = useMe();
  const [found, setFound] = useState<Found | null>(null);
  const decide = useMutation({
    mutationFn: (approve: boolean) => api.decideDevice(found?.code ?? "", approve),
  });
  useEffect(() => {
    document.title = "Let a device in · Holdfast";
  }, []);
  if (decide.isSuccess)
    return (
      <Done title={decide.variables ? "Let in" : "Not let in"}>
        Go back to your device. You can close this page.
      </Done>
    );
  if (!found) return <CodeForm onFound={setFound} />;
  const { client, device, ip, scopes } = found.device;
  return (
    <Question
      me={me}
      appName={client.name}
      scopes={scopes}
      facts={[
        ["Code", found.code],
        ["Asked from", ip],
        ["By", device],
      ]}
      warning="Say yes only if the code stands on a device of your own, and you started this there."
      error={decide.error}
      deciding={decide.isPending ? decide.variables : null}
      onDecide={decide.mutate}
    />
  );
}

function CodeForm({ onFound }: { onFound(found: Found): void }) {
  const [code, setCode] = useState("");
  const find = useMutation({
    mutationFn: (typed: string) => api.findDevice(typed),
    onSuccess: (device, typed) => onFound({ code: typed, device }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    find.mutate(code);
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-5">
      <header>
        <h1 className="text-base font-semibold">Let a device in</h1>
        <p className="mt-1 text-sm text-text-2">Type the code that your device or editor shows.</p>
      </header>
      <TextField
        label="Code"
        name="user_code"
        value={code}
        onChange={(event) => setCode(event.target.value.toUpperCase())}
        placeholder="XXXX-XXXX"
        autoComplete="off"
        autoCapitalize="characters"
        spellCheck={false}
        maxLength={20}
        required
        error={find.error ? faultOf(find.error) : undefined}
      />
      <Button type="submit" variant="primary" busy={find.isPending}>
        Continue
      </Button>
    </form>
  );
}

function faultOf(error: unknown): string {
  if (!(error instanceof ApiError)) return "Something went wrong. Try again.";
  if (error.status === 404) return "No device waits for this code. Look at it again, or ask for a new one.";
  if (error.status === 429) return "Too many wrong codes. Wait ten minutes.";
  return error.title;
}
