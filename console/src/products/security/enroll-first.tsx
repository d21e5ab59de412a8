import { useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useEffect } from "react";
import { api } from "../../api/operations.ts";
import { setSession } from "../../api/http.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { MfaPanel } from "./mfa-panel.tsx";
import { PasskeysPanel } from "./passkeys-panel.tsx";

/** Stands in the place of every screen until a second factor is set up. */
export function EnrollFirst() {
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
      <MfaPanel />
      <PasskeysPanel />
    </main>
  );
}
