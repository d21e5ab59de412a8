import { useMutation } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { api } from "../../api/operations.ts";
import { askForPasskey, passkeysWork, wasCancelled } from "../../api/passkeys.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { MfaChallenge, SecondFactor } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

/** A sign-in that waits for its second step. */
export type Waiting = Pick<MfaChallenge, "challenge" | "methods">;

const SWITCH: Record<SecondFactor, string> = {
  totp: "Use the code of my app",
  backup_code: "Use a backup code",
  passkey: "Use a passkey",
};

/** What a sign-in by another company left in the address; taken out of it at once. */
export function readWaiting(hash: string): Waiting | null {
  const fields = new URLSearchParams(hash.slice(1));
  const challenge = fields.get("challenge");
  const known = (each: string): each is SecondFactor => each in SWITCH;
  const methods = (fields.get("methods") ?? "").split(",").filter(known);
  return challenge && methods.length > 0 ? { challenge, methods } : null;
}

/** The second step of signing in: a code of the app, a backup code, or a passkey. */
export function SecondStep({
  waiting,
  onDone,
  onRestart,
}: {
  waiting: Waiting;
  onDone(): void;
  onRestart(): void;
}) {
  const methods = waiting.methods.filter((each) => each !== "passkey" || passkeysWork());
  const [method, setMethod] = useState<SecondFactor>(methods[0] ?? "backup_code");
  const finish = useMutation({
    mutationFn: async (code: string | null) =>
      api.finishSignIn(
        code === null
          ? {
              challenge: waiting.challenge,
              method: "passkey",
              assertion: await askForPasskey(waiting.challenge),
            }
          : { challenge: waiting.challenge, method, code },
      ),
    onSuccess: onDone,
  });
  const choose = (next: SecondFactor) => {
    finish.reset();
    setMethod(next);
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    finish.mutate(String(new FormData(event.currentTarget).get("code")));
  };
  return (
    <div className="flex flex-col gap-4">
      <h1 className="text-base font-semibold">One more step</h1>
      <StepError error={finish.error} onRestart={onRestart} />
      {method === "passkey" ? (
        <Button
          variant="primary"
          icon={<KeyRound className="size-4" />}
          busy={finish.isPending}
          onClick={() => finish.mutate(null)}
        >
          Use a passkey
        </Button>
      ) : (
        <form key={method} onSubmit={submit} className="flex flex-col gap-4">
          <CodeField method={method} />
          <Button type="submit" variant="primary" busy={finish.isPending}>
            Go on
          </Button>
        </form>
      )}
      <OtherWays
        methods={methods.filter((each) => each !== method)}
        onChoose={choose}
        onRestart={onRestart}
      />
    </div>
  );
}

function OtherWays({
  methods,
  onChoose,
  onRestart,
}: {
  methods: readonly SecondFactor[];
  onChoose(method: SecondFactor): void;
  onRestart(): void;
}) {
  return (
    <div className="flex flex-col items-start gap-1 border-t border-line pt-3">
      {methods.map((each) => (
        <Button key={each} variant="ghost" size="sm" onClick={() => onChoose(each)}>
          {SWITCH[each]}
        </Button>
      ))}
      <Button variant="ghost" size="sm" onClick={onRestart}>
        Sign in as somebody else
      </Button>
    </div>
  );
}

const FIELDS = {
  totp: {
    label: "Code",
    inputMode: "numeric",
    autoComplete: "one-time-code",
    pattern: "[0-9 ]{6,7}",
    maxLength: 7,
    hint: "The six digits that your authenticator app shows now.",
  },
  backup_code: {
    label: "Backup code",
    autoComplete: "off",
    autoCapitalize: "characters",
    spellCheck: false,
    maxLength: 12,
    hint: "One of the ten that you kept. Each works once.",
  },
} as const;

function CodeField({ method }: { method: keyof typeof FIELDS }) {
  const box = useRef<HTMLDivElement>(null);
  // Whoever typed a password a moment ago goes on typing.
  useEffect(() => box.current?.querySelector("input")?.focus(), []);
  return (
    <div ref={box}>
      <TextField name="code" required {...FIELDS[method]} />
    </div>
  );
}

function StepError({ error, onRestart }: { error: unknown; onRestart(): void }) {
  if (!error || wasCancelled(error)) return null;
  if (error instanceof ApiError && error.code === "challenge_expired")
    return (
      <Notice
        tone="warn"
        title="This sign-in has expired"
        action={
          <Button size="sm" onClick={onRestart}>
            Start again
          </Button>
        }
      >
        The second step waits for five minutes.
      </Notice>
    );
  if (error instanceof ApiError && error.code === "mfa_locked")
    return (
      <Notice tone="bad" title="Too many wrong codes">
        Try again in {Math.ceil((error.retryAfterMs ?? 900_000) / 60_000)} minutes.
      </Notice>
    );
  if (error instanceof ApiError && error.code === "second_factor_refused")
    return (
      <Notice tone="bad" title="That did not work">
        The code is wrong or was used. An app shows a new one every 30 seconds.
      </Notice>
    );
  return <Notice tone="bad" title={messageOf(error)} />;
}
