import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useEffect, useState } from "react";
import { setSession } from "../../api/http.ts";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { PasskeySignIn } from "./passkey-sign-in.tsx";
import { LINK } from "./front-page.tsx";
import { ProviderButtons, VisitNotice } from "./providers.tsx";
import { readWaiting, SecondStep, type Waiting } from "./second-step.tsx";

const route = getRouteApi("/sign-in");

// Read once, then taken out of the address: a token must not stay in the history.
const linkToken = new URLSearchParams(location.hash.slice(1)).get("token");
let atFirst = readWaiting(location.hash);
let redeemed: ReturnType<typeof api.redeemLink> | null = null;
/** A link works once, so asking twice would fail the second time. */
const redeemOnce = (token: string): ReturnType<typeof api.redeemLink> => (redeemed ??= api.redeemLink(token));

export function SignInScreen() {
  const [error, setError] = useState<unknown>(null);
  const [redeeming, setRedeeming] = useState(linkToken !== null);
  const [waiting, setWaiting] = useState(atFirst);
  const enter = useEnter();
  useEffect(() => {
    document.title = "Sign in · Holdfast";
    if (linkToken === null && atFirst === null) return;
    atFirst = null;
    history.replaceState(null, "", location.pathname + location.search);
    if (linkToken === null) return;
    redeemOnce(linkToken)
      .then((answer) => {
        if (!("mfa_required" in answer)) return enter();
        setWaiting(answer);
        setRedeeming(false);
      })
      .catch((cause: unknown) => {
        setError(cause);
        setRedeeming(false);
      });
  }, [enter]);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Logo />
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6 shadow-card">
        {redeeming ? (
          <output className="block py-8 text-center text-sm text-text-2">Signing you in…</output>
        ) : (
          <Steps linkError={error} waiting={waiting} onWaiting={setWaiting} />
        )}
      </div>
      <p className="max-w-sm text-center text-xs text-text-3">
        Takes the money, counts every credit, gates the AI.
      </p>
    </main>
  );
}

function useEnter(): () => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next } = route.useSearch();
  const [enter] = useState(() => () => {
    // Whoever was here before may have been somebody else.
    setSession(null);
    client.clear();
    // Only addresses of our own: `//elsewhere` is not one.
    const target = next?.startsWith("/") && !next.startsWith("//") ? next : "/";
    void navigate({ href: target, replace: true });
  });
  return enter;
}

type Waits = { waiting: Waiting | null; onWaiting(waiting: Waiting | null): void };

/** The first proof, and the second where there is one. */
function Steps({ linkError, waiting, onWaiting }: { linkError: unknown } & Waits) {
  const enter = useEnter();
  if (waiting) return <SecondStep waiting={waiting} onDone={enter} onRestart={() => onWaiting(null)} />;
  return (
    <div className="flex flex-col gap-4">
      <VisitNotice />
      <PasswordForm linkError={linkError} onWaiting={onWaiting} onDone={enter} />
      <ProviderButtons />
      <PasskeySignIn onDone={enter} />
    </div>
  );
}

function PasswordForm({
  linkError,
  onWaiting,
  onDone,
}: {
  linkError: unknown;
  onWaiting(waiting: Waiting): void;
  onDone(): void;
}) {
  const login = useMutation({
    mutationFn: api.login,
    onSuccess: (answer) => ("mfa_required" in answer ? onWaiting(answer) : onDone()),
  });
  const problem = login.error instanceof ApiError ? login.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <h1 className="text-base font-semibold">Sign in</h1>
      {linkError !== null && !login.error && (
        <Notice tone="warn" title="That sign-in link no longer works">
          A link works once and for ten minutes. Sign in with your password.
        </Notice>
      )}
      {problem && problem.fields.length === 0 && (
        <Notice tone="bad" title={problem.title}>
          {problem.detail}
        </Notice>
      )}
      <TextField
        label="E-mail"
        name="email"
        type="email"
        autoComplete="username webauthn"
        required
        error={problem?.fieldError("email")}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        error={problem?.fieldError("password")}
      />
      <Button type="submit" variant="primary" busy={login.isPending}>
        Sign in
      </Button>
      <p className="flex flex-wrap justify-between gap-2 text-sm">
        <Link to="/forgot-password" className={LINK}>
          Forgotten the password?
        </Link>
        <Link to="/sign-up" className={LINK}>
          Create an account
        </Link>
      </p>
    </form>
  );
}
