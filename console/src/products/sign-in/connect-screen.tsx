import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { toast } from "sonner";
import { setSession } from "../../api/http.ts";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import { Logo } from "../../shell/logo.tsx";
import { Button } from "../../ui/button.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { ProviderMark, providerName } from "./provider-marks.tsx";

const route = getRouteApi("/sign-in/connect");

/** Signed in the old way, a person says whether the account they have just proven is theirs as well. */
export function ConnectScreen() {
  const me = useQuery(queries.me());
  const navigate = useNavigate();
  const { next } = route.useSearch();
  const signedOut = me.error instanceof ApiError && me.error.status === 401;
  useEffect(() => {
    document.title = "Connect an account · Holdfast";
    if (signedOut) void navigate({ to: "/sign-in", search: { next: "/sign-in/connect" }, replace: true });
  }, [signedOut, navigate]);
  const target = next?.startsWith("/") && !next.startsWith("//") ? next : "/";
  const leave = () => void navigate({ href: target, replace: true });
  if (me.data)
    setSession({ csrfToken: me.data.session?.csrf_token ?? "", organizationId: me.data.organization.id });
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-4">
      <Logo />
      <div className="w-full max-w-sm rounded-xl border border-line bg-surface p-6 shadow-card">
        <h1 className="text-base font-semibold">Connect an account</h1>
        {me.data ? <Offer email={me.data.user.email} onDone={leave} /> : <Skeleton className="mt-4 h-24" />}
      </div>
    </main>
  );
}

function Offer({ email, onDone }: { email: string; onDone(): void }) {
  const client = useQueryClient();
  const accounts = useQuery(queries.connectedAccounts());
  const confirm = useMutation({
    mutationFn: api.confirmAccount,
    onSuccess: async ({ provider }) => {
      toast.success(`${providerName(provider)} is connected`);
      await client.invalidateQueries({ queryKey: ["connected-accounts"] });
      onDone();
    },
  });
  if (accounts.error) return <Failure error={accounts.error} onRetry={() => void accounts.refetch()} />;
  if (!accounts.data) return <Skeleton className="mt-4 h-24" />;
  const [offer] = accounts.data.offers;
  if (!offer)
    return (
      <div className="mt-4 flex flex-col gap-4">
        <Notice tone="info" title="There is nothing to connect">
          What you proved at the other company counts for ten minutes.
        </Notice>
        <Button variant="primary" onClick={onDone}>
          Go on
        </Button>
      </div>
    );
  const name = providerName(offer.provider);
  return (
    <div className="mt-3 flex flex-col gap-4">
      <p className="text-sm text-text-2">
        From then on you can sign in to <b className="font-medium text-text">{email}</b> with this account.
      </p>
      <div className="flex items-center gap-3 rounded-lg border border-line px-3.5 py-3">
        <ProviderMark provider={offer.provider} />
        <div className="min-w-0">
          <p className="text-sm font-medium">{name}</p>
          <p className="truncate text-xs text-text-2">{offer.email}</p>
        </div>
      </div>
      {confirm.error && <Notice tone="bad" title={messageOf(confirm.error)} />}
      <div className="flex flex-col gap-2">
        <Button variant="primary" busy={confirm.isPending} onClick={() => confirm.mutate(offer.id)}>
          Connect {name}
        </Button>
        <Button variant="ghost" onClick={onDone}>
          Not now
        </Button>
      </div>
    </div>
  );
}
