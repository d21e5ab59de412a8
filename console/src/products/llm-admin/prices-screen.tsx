import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Clock, FileUp, RefreshCw, Tags } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { messageOf } from "../../api/problem.ts";
import { asList } from "../../api/queries.ts";
import type { PriceVersionRow } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { ImportDialog } from "./import-dialog.tsx";
import { PriceDrawer } from "./price-drawer.tsx";
import { TiersDialog } from "./tiers-dialog.tsx";

const SOURCES: Record<PriceVersionRow["source"], string> = {
  config: "Came with a release",
  models: "Its own list",
  import: "A file",
  markup: "A markup",
  operator: "By hand",
};
const TONES: Record<PriceVersionRow["state"], Tone> = {
  draft: "warn",
  active: "ok",
  retired: "neutral",
  rejected: "neutral",
};

const columns: Column<PriceVersionRow>[] = [
  {
    key: "version",
    header: "Version",
    cell: (row) => (
      <Stacked note={row.provider}>
        <code className="font-mono text-xs" title={row.version}>
          {row.version}
        </code>
      </Stacked>
    ),
  },
  { key: "provider", header: "Provider", width: "8rem", from: "sm", cell: (row) => row.provider },
  { key: "source", header: "From", width: "9rem", from: "md", cell: (row) => SOURCES[row.source] },
  {
    key: "state",
    header: "State",
    width: "7rem",
    cell: (row) => <Badge tone={TONES[row.state]}>{humanize(row.reason ?? row.state)}</Badge>,
  },
  {
    key: "changes",
    header: "Changes",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => (row.state === "draft" ? row.changes.length : "–"),
  },
  {
    key: "created",
    header: "Made",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** Versions of what models cost; a changed price counts once an operator has approved it. */
export function PricesScreen() {
  const prices = useQuery(llmQueries.prices());
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [adding, setAdding] = useState<"file" | "tiers" | null>(null);
  const refresh = useMutation({
    mutationFn: llm.refreshPrices,
    onSuccess: async ({ data }) => {
      const drafts = data.filter(({ outcome }) => outcome === "draft").length;
      toast.success(drafts === 0 ? "No price is another" : `New drafts: ${drafts}`);
      await client.invalidateQueries({ queryKey: ["llm", "prices"] });
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  const open = prices.data?.data.find(({ version }) => version === chosen);
  return (
    <Page
      title="Prices"
      about="Providers' lists are read every 6 hours. A change is a draft until somebody approves it; old prices hold meanwhile."
      actions={
        <>
          <Button
            icon={<RefreshCw className="size-4" />}
            busy={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Read the lists
          </Button>
          <Button icon={<Clock className="size-4" />} onClick={() => setAdding("tiers")}>
            Set tiers
          </Button>
          <Button variant="primary" icon={<FileUp className="size-4" />} onClick={() => setAdding("file")}>
            Import a file
          </Button>
        </>
      }
    >
      <Card>
        <CardHead title="Versions" note="Drafts first; each provider has one that counts." />
        <Table
          label="Versions of prices"
          columns={columns}
          list={asList(prices)}
          rowKey={(row) => row.version}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.version}`}
              onClick={() => setChosen(row.version)}
            />
          )}
          empty={
            <Empty icon={<Tags className="size-5" />} title="No prices yet">
              Import a file, or read the providers' lists.
            </Empty>
          }
        />
      </Card>
      {open && <PriceDrawer version={open} onClose={() => setChosen(null)} />}
      {adding === "file" && <ImportDialog onClose={() => setAdding(null)} />}
      {adding === "tiers" && <TiersDialog onClose={() => setAdding(null)} />}
    </Page>
  );
}
