import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { setSession, whenSignedOut } from "../api/http.ts";
import { ApiError } from "../api/problem.ts";
import { queries } from "../api/queries.ts";
import { LeavingScreen } from "../products/profile/leaving-screen.tsx";
import { useEnrollFirst } from "../products/security/enroll-first.tsx";
import { Failure } from "../ui/states.tsx";
import { Logo } from "./logo.tsx";

/** One question to a person who came from elsewhere: signed in first, then nothing but the question. */
export function PlainShell() {
  const me = useQuery(queries.me());
  const client = useQueryClient();
  const router = useRouter();
  const enrollFirst = useEnrollFirst(me.data);
  const signedOut = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    const next = router.state.location.href;
    if (signedOut) void router.navigate({ to: "/sign-in", search: { next }, replace: true });
  }, [signedOut, router]);
  useEffect(() => whenSignedOut(() => void client.resetQueries({ queryKey: ["me"] })), [client]);
  if (me.data)
    setSession({ csrfToken: me.data.session?.csrf_token ?? "", organizationId: me.data.organization.id });
  if (me.data?.leaving) return <LeavingScreen />;
  if (enrollFirst) return enrollFirst;
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Logo />
      <div className="w-full max-w-md rounded-xl border border-line bg-surface shadow-card">
        {me.data && <Outlet />}
        {!me.data && me.error && !signedOut && <Failure error={me.error} onRetry={() => void me.refetch()} />}
        {!me.data && (!me.error || signedOut) && (
          <output className="block py-12 text-center text-sm text-text-2">One moment…</output>
        )}
      </div>
    </main>
  );
}
