import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useRouter } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { setSession, whenSignedOut } from "../api/http.ts";
import { listenLive } from "../api/live.ts";
import { ApiError } from "../api/problem.ts";
import { queries } from "../api/queries.ts";
import type { Me } from "../api/types.ts";
import { AddressDialog } from "../products/profile/address-dialog.tsx";
import { LeavingScreen } from "../products/profile/leaving-screen.tsx";
import { useEnrollFirst } from "../products/security/enroll-first.tsx";
import { Failure, Skeleton } from "../ui/states.tsx";
import { CommandPalette } from "./command-palette.tsx";
import { OperatorBanner } from "./operator-banner.tsx";
import { Sidebar } from "./sidebar.tsx";
import { TopBar } from "./top-bar.tsx";
import { ViewBanner } from "./view-banner.tsx";

/** Everything behind the sign-in: who it is comes first, then the frame and the screen. */
export function Shell() {
  const me = useQuery(queries.me());
  const router = useRouter();
  const enrollFirst = useEnrollFirst(me.data);
  const signedOut = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    // Read once: the address changes while the router is on its way.
    const next = router.state.location.href;
    if (signedOut) void router.navigate({ to: "/sign-in", search: { next }, replace: true });
  }, [signedOut, router]);
  if (me.data) {
    setSession({ csrfToken: me.data.session?.csrf_token ?? "", organizationId: me.data.organization.id });
    if (me.data.leaving) return <LeavingScreen />;
    return enrollFirst ?? <Frame me={me.data} />;
  }
  if (me.error && !signedOut) return <Failure error={me.error} onRetry={() => void me.refetch()} />;
  return <Waiting />;
}

function Frame({ me }: { me: Me }) {
  const client = useQueryClient();
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  useEffect(() => {
    // Asking who we are again answers 401, and the shell sends to the sign-in.
    whenSignedOut(() => void client.resetQueries({ queryKey: ["me"] }));
    return listenLive(client);
  }, [client]);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-16 rounded-md bg-accent px-3 py-1.5 text-sm text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <aside className="sticky top-0 h-dvh border-r border-line bg-surface max-lg:hidden">
        <Sidebar />
      </aside>
      <Dialog.Root open={menu} onOpenChange={setMenu}>
        <Dialog.Portal>
          <Dialog.Overlay className="fixed inset-0 z-40 animate-in bg-scrim" />
          <Dialog.Content
            aria-describedby={undefined}
            className="fixed inset-y-0 left-0 z-50 w-66 animate-in border-r border-line bg-surface shadow-float"
          >
            <Dialog.Title className="sr-only">Navigation</Dialog.Title>
            <Sidebar onChoose={() => setMenu(false)} />
          </Dialog.Content>
        </Dialog.Portal>
      </Dialog.Root>
      <div className="min-w-0">
        <TopBar onMenu={() => setMenu(true)} onSearch={() => setPalette(true)} />
        <ViewBanner />
        <OperatorBanner />
        <main id="main" tabIndex={-1} className="outline-none">
          <Outlet />
        </main>
      </div>
      <AddressDialog me={me} />
      <CommandPalette open={palette} onOpenChange={setPalette} />
    </div>
  );
}

function Waiting() {
  return (
    <output aria-label="Loading" className="block min-h-dvh lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <div className="border-r border-line bg-surface p-4 max-lg:hidden">
        <Skeleton className="h-6 w-28" />
      </div>
      <div className="mx-auto w-full max-w-6xl p-8">
        <Skeleton className="h-6 w-48" />
        <Skeleton className="mt-6 h-28 w-full" />
      </div>
    </output>
  );
}
