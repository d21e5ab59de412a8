import { useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { api } from "../../api/operations.ts";
import type { Me } from "../../api/types.ts";
import { setSession } from "../../api/http.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/states.tsx";
import { MfaPanel } from "./mfa-panel.tsx";
import { PasskeysPanel } from "./passkeys-panel.tsx";

/**
 * What stands in the place of every screen until a second factor is set up; null when nothing does. The person alone leaves
 * it: backup codes may still be on the screen when the factor is there.
 */
export function useEnrollFirst(me: Me | undefined): ReactNode {
  const [enrolling, setEnrolling] = useState(false);
  const due = me?.mfa.must_enroll ?? false;
  if (due && !enrolling) setEnrolling(true);
  return enrolling ? <EnrollFirst done={!due} onDone={() => setEnrolling(false)} /> : null;
}

function EnrollFirst({ done, onDone }: { done: boolean; onDone(): void }) {
  const client = useQueryClient();
  useEffect(() => {
    document.title = "Set up two-step verification · Holdfast";
  }, []);
  const leave = async () => {
    await api.logout();
    setSession(null);
    await client.resetQueries({ queryKey: ["me"] });
  };
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-2xl flex-col gap-5 px-4 py-10">
      <div className="flex items-center justify-between">
        <Logo />
        <Button size="sm" variant="ghost" icon={<LogOut className="size-3.5" />} onClick={() => void leave()}>
          Sign out
        </Button>
      </div>
      <div>
        <h1 className="text-xl font-semibold tracking-tight">Set up two-step verification</h1>
        <p className="mt-0.5 text-sm text-text-2">
          Here a password alone is not enough. Set up an authenticator app or add a passkey; then everything
          opens.
        </p>
      </div>
      {done && (
        <Notice
          tone="ok"
          title="Two-step verification is on"
          action={
            <Button size="sm" variant="primary" onClick={onDone}>
              Go on
            </Button>
          }
        />
      )}
      <MfaPanel />
      <PasskeysPanel />
    </main>
  );
}
