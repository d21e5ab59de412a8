import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { asList } from "../../api/queries.ts";
import type { ProviderKey } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { ConnectButton, Connecting } from "./connect.tsx";
import { ProviderKeyDialog } from "./provider-key-dialog.tsx";

const columns = (remove: (key: ProviderKey) => void): Column<ProviderKey>[] => [
  {
    key: "provider",
    header: "Provider",
    cell: (row) => (
      <Stacked note={`…${row.secret_last4}`}>
        <span className="font-medium">{row.provider}</span>
      </Stacked>
    ),
  },
  {
    key: "secret",
    header: "Key",
    width: "6rem",
    from: "sm",
    cell: (row) => <code className="font-mono text-xs">…{row.secret_last4}</code>,
  },
  {
    key: "state",
    header: "State",
    width: "6.5rem",
    cell: (row) => (
      <Badge tone={row.state === "ok" ? "ok" : "bad"} dot>
        {row.state === "ok" ? "Works" : "Refused"}
      </Badge>
    ),
  },
  {
    key: "use",
    header: "Used",
    width: "13rem",
    from: "md",
    cell: (row) =>
      `${row.use === "only" ? "Alone" : "First"}${row.fallback_to_platform ? ", else ours for credits" : ""}`,
  },
  {
    key: "since",
    header: "Since",
    width: "7rem",
    align: "right",
    from: "lg",
    cell: (row) => <Time at={row.created_at} />,
  },
  {
    key: "act",
    header: <span className="sr-only">Act</span>,
    width: "6rem",
    align: "right",
    cell: (row) => (
      // Above the link that covers the row.
      <Button
        size="sm"
        className="relative"
        aria-label={`Remove the key at ${row.provider}`}
        onClick={() => remove(row)}
      >
        Remove
      </Button>
    ),
  },
];

/** Keys of the organization's own at providers. */
export function ProviderKeysScreen() {
  const client = useQueryClient();
  const keys = useQuery(llmQueries.keys());
  const [editing, setEditing] = useState<ProviderKey | "new" | null>(null);
  const [removing, setRemoving] = useState<ProviderKey | null>(null);
  const remove = async () => {
    if (removing) await llm.removeKey(removing.id);
    toast.success("Removed");
    await client.invalidateQueries({ queryKey: ["llm"] });
  };
  const failing = keys.data?.data.filter(({ state }) => state === "failing") ?? [];
  return (
    <Page
      title="Provider keys"
      about="Model calls by a key of your own cost no credits: the provider bills you. Limits and usage count them all the same."
      actions={
        <>
          <ConnectButton />
          <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setEditing("new")}>
            Add a key
          </Button>
        </>
      }
    >
      <Connecting />
      {failing.length > 0 && (
        <Notice tone="warn" title={`Refused: ${failing.map(({ provider }) => provider).join(", ")}`}>
          Three calls in a row were refused. Give the key anew to use it again.
        </Notice>
      )}
      <Card>
        <Table
          label="Provider keys"
          columns={columns(setRemoving)}
          list={asList(keys)}
          rowKey={(row) => row.id}
          skeletonRows={2}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Change the key at ${row.provider}`}
              onClick={() => setEditing(row)}
            />
          )}
          empty={
            <Empty icon={<KeyRound className="size-5" />} title="No keys of your own">
              Calls go by the installation's keys and cost credits.
            </Empty>
          }
        />
      </Card>
      {editing && (
        <ProviderKeyDialog known={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
      <Confirm
        open={removing !== null}
        onOpenChange={() => setRemoving(null)}
        title={`Remove the key at ${removing?.provider ?? ""}?`}
        action="Remove"
        danger
        onConfirm={remove}
      >
        Calls go by the installation's keys from then on, and cost credits.
      </Confirm>
    </Page>
  );
}
