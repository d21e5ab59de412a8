import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Link2, Unlink } from "lucide-react";
import { useEffect, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { asList, queries } from "../../api/queries.ts";
import type { ConnectedAccount, Provider } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { ProviderMark, providerName } from "../sign-in/provider-marks.tsx";
import { visitError } from "../sign-in/visit-errors.ts";
import { useProof } from "./proof.tsx";

const route = getRouteApi("/app/security");

const columnsWith = (onDisconnect: (account: ConnectedAccount) => void): Column<ConnectedAccount>[] => [
  {
    key: "account",
    header: "Account",
    cell: (row) => (
      <span className="flex min-w-0 items-center gap-2.5">
        <ProviderMark provider={row.provider} />
        <span className="min-w-0">
          <span className="block font-medium">{providerName(row.provider)}</span>
          {row.email && <span className="block truncate text-xs text-text-3">{row.email}</span>}
        </span>
      </span>
    ),
  },
  {
    key: "since",
    header: "Connected",
    width: "8rem",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
  {
    key: "used",
    header: "Last used",
    width: "8rem",
    from: "md",
    cell: (row) => <Time at={row.last_used_at} />,
  },
  {
    key: "disconnect",
    header: <span className="sr-only">Disconnect</span>,
    width: "4rem",
    align: "right",
    cell: (row) => (
      <IconButton
        label={`Disconnect ${providerName(row.provider)} ${row.email ?? ""}`}
        className="relative hover:!text-bad"
        onClick={() => onDisconnect(row)}
      >
        <Unlink className="size-4" />
      </IconButton>
    ),
  },
];

/** Accounts at other companies that open this one. */
export function ConnectedAccounts() {
  const client = useQueryClient();
  const accounts = useQuery(queries.connectedAccounts());
  const providers = useQuery(queries.signInProviders());
  const [leaving, setLeaving] = useState<ConnectedAccount | null>(null);
  const proof = useProof();
  const connect = (provider: Provider) =>
    proof.run(async () => {
      const { authorize_url } = await api.connectAccount(provider, "/security");
      location.assign(authorize_url);
    });
  const disconnect = (account: ConnectedAccount) =>
    proof.run(async () => {
      await api.disconnectAccount(account.id);
      toast.success(`${providerName(account.provider)} is disconnected`);
      await client.invalidateQueries({ queryKey: ["connected-accounts"] });
    });
  return (
    <>
      <VisitOutcome />
      <Card>
        <CardHead
          title="Connected accounts"
          note="Sign in with them instead of a password."
          actions={
            <div className="flex flex-wrap gap-2">
              {(providers.data?.providers ?? []).map((provider) => (
                <Button
                  key={provider}
                  size="sm"
                  icon={<ProviderMark provider={provider} />}
                  onClick={() => void connect(provider)}
                >
                  Connect {providerName(provider)}
                </Button>
              ))}
            </div>
          }
        />
        <Table
          label="Connected accounts"
          columns={columnsWith(setLeaving)}
          list={asList(accounts)}
          rowKey={(row) => row.id}
          skeletonRows={2}
          empty={
            <Empty icon={<Link2 className="size-5" />} title="No connected accounts">
              Connect one, and you can sign in with it.
            </Empty>
          }
        />
      </Card>
      {leaving && (
        <Confirm
          open
          danger
          title={`Disconnect ${providerName(leaving.provider)}?`}
          action="Disconnect"
          onOpenChange={() => setLeaving(null)}
          onConfirm={() => disconnect(leaving)}
        >
          You can no longer sign in with {leaving.email ?? "it"}. Your account here stays as it is.
        </Confirm>
      )}
      {proof.dialog}
    </>
  );
}

/** How a visit to another company ended that began on this screen. */
function VisitOutcome() {
  const { linked, error, provider = "" } = route.useSearch();
  const navigate = route.useNavigate();
  useEffect(() => {
    if (linked === undefined) return;
    toast.success(`${providerName(linked)} is connected`);
    void navigate({ search: {}, replace: true });
  }, [linked, navigate]);
  if (error === undefined) return null;
  const { tone, title, text } = visitError(error, providerName(provider));
  return (
    <Notice tone={tone} title={title}>
      {text}
    </Notice>
  );
}
