import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useEffect } from "react";
import { setSession } from "../../api/http.ts";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import { formatDay } from "../../lib/format.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";

/** What stands in the place of every screen for somebody whose account is about to be erased: they may keep it, or leave. */
export function LeavingScreen() {
  const client = useQueryClient();
  const profile = useQuery(queries.profile());
  useEffect(() => {
    document.title = "Your account will be deleted · Holdfast";
  }, []);
  const keep = useMutation({
    mutationFn: (request_id: string) => api.cancelDeletion({ request_id }),
    onSuccess: () => client.resetQueries(),
  });
  const leave = useMutation({
    mutationFn: api.logout,
    async onSuccess() {
      setSession(null);
      await client.resetQueries({ queryKey: ["me"] });
    },
  });
  const deletion = profile.data?.deletion;
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-lg flex-col justify-center gap-5 px-4 py-10">
      <Logo />
      <h1 className="text-xl font-semibold tracking-tight">Your account will be deleted</h1>
      {profile.error ? (
        <Failure error={profile.error} onRetry={() => void profile.refetch()} />
      ) : profile.data === undefined ? (
        <Skeleton className="h-24" />
      ) : (
        <p className="text-sm text-text-2">
          {deletion?.scheduled_for && `It is erased on ${formatDay(deletion.scheduled_for)}. `}
          Until then you can keep it. Your API keys have ended either way; you make new ones.
        </p>
      )}
      {keep.error && <Notice tone="bad" title={messageOf(keep.error)} />}
      <div className="flex flex-wrap gap-2">
        <Button
          variant="primary"
          busy={keep.isPending}
          disabled={!deletion}
          onClick={() => deletion && keep.mutate(deletion.request_id)}
        >
          Keep my account
        </Button>
        <Button icon={<LogOut className="size-3.5" />} busy={leave.isPending} onClick={() => leave.mutate()}>
          Sign out
        </Button>
      </div>
    </main>
  );
}
