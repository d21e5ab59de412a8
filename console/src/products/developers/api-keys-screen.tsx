import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { KeyRound, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { asList, queries } from "../../api/queries.ts";
import type { ApiKey } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { CreateKeyDialog } from "./create-key-dialog.tsx";
import { KeyDrawer } from "./key-drawer.tsx";

const route = getRouteApi("/app/api-keys");

const columnsWith = (onRevoke: (key: ApiKey) => void): Column<ApiKey>[] => [
  {
    key: "name",
    header: "Name",
    cell: (row) => (
      <span className="flex items-center gap-2">
        <span className="truncate font-medium">{row.name}</span>
        {row.paused && <Badge tone="warn">Paused</Badge>}
        {row.kind === "service" && <Badge>Service</Badge>}
        {row.unused_scopes.length > 0 && <Badge tone="info">{row.unused_scopes.length} unused</Badge>}
      </span>
    ),
  },
  {
    key: "key",
    header: "Key",
    width: "13rem",
    from: "sm",
    cell: (row) => <code className="font-mono text-xs text-text-2">{row.prefix}…</code>,
  },
  {
    key: "scopes",
    header: "Scopes",
    width: "12rem",
    from: "lg",
    cell: (row) => <Scopes scopes={row.scopes} />,
  },
  {
    key: "used",
    header: "Last used",
    width: "7.5rem",
    align: "right",
    cell: (row) => (row.last_used_at ? <Time at={row.last_used_at} /> : "Never"),
  },
  {
    key: "expires",
    header: "Expires",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => (row.expires_at ? <Time at={row.expires_at} /> : "Never"),
  },
  {
    key: "revoke",
    header: <span className="sr-only">Revoke</span>,
    width: "4rem",
    align: "right",
    cell: (row) => (
      <IconButton
        label={`Revoke ${row.name}`}
        className="relative z-1 hover:!text-bad"
        onClick={() => onRevoke(row)}
      >
        <Trash2 className="size-4" />
      </IconButton>
    ),
  },
];

function Scopes({ scopes }: { scopes: readonly string[] }) {
  return (
    <span className="flex gap-1 overflow-hidden" title={scopes.join(", ")}>
      {scopes.slice(0, 1).map((scope) => (
        <Badge key={scope}>{scope}</Badge>
      ))}
      {scopes.length > 1 && <Badge>+{scopes.length - 1}</Badge>}
    </span>
  );
}

export function ApiKeysScreen() {
  const { create } = route.useSearch();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [revoking, setRevoking] = useState<ApiKey | null>(null);
  const [chosen, setChosen] = useState<string | null>(null);
  const list = asList(useQuery(queries.apiKeys()));
  const shown = list.rows?.find(({ id }) => id === chosen);
  const setCreating = (open: boolean) =>
    void navigate({ to: "/api-keys", search: open ? { create: "1" } : {}, replace: true });
  const revoke = async (key: ApiKey) => {
    await api.revokeApiKey(key.id);
    toast.success("Key revoked", { description: key.name });
    await client.invalidateQueries({ queryKey: ["api-keys"] });
  };
  const button = (
    <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setCreating(true)}>
      Create key
    </Button>
  );
  return (
    <Page
      title="API keys"
      about="For programs. A key is shown once; we keep only its fingerprint."
      actions={button}
    >
      <Card>
        <Table
          label="API keys"
          columns={columnsWith(setRevoking)}
          list={list}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.name}`}
              onClick={() => setChosen(row.id)}
            />
          )}
          skeletonRows={3}
          empty={
            <Empty icon={<KeyRound className="size-5" />} title="No keys yet" action={button}>
              With a key, any OpenAI client can call models on your credits.
            </Empty>
          }
        />
      </Card>
      <CreateKeyDialog open={create === "1"} onOpenChange={setCreating} />
      {shown && <KeyDrawer apiKey={shown} onClose={() => setChosen(null)} />}
      {revoking && (
        <Confirm
          open
          danger
          title={`Revoke “${revoking.name}”?`}
          action="Revoke"
          onOpenChange={() => setRevoking(null)}
          onConfirm={() => revoke(revoking)}
        >
          Programs that use it are refused within a second. This cannot be undone.
        </Confirm>
      )}
    </Page>
  );
}
