import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Plus, Server } from "lucide-react";
import { useState } from "react";
import { llmQueries } from "../../api/llm.ts";
import { asList } from "../../api/queries.ts";
import type { AdminProvider } from "../../api/types.ts";
import { formatDuration, formatExact, formatInteger } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { formatUsd } from "../operator/figures.ts";
import { shownMarkups } from "./provider-form.ts";
import { ProviderDialog } from "./provider-dialog.tsx";
import { ProviderState } from "./provider-state.tsx";

const percent = (share: number | null): string => (share === null ? "–" : `${(share * 100).toFixed(1)} %`);

const columns: Column<AdminProvider>[] = [
  {
    key: "id",
    header: "Provider",
    cell: (row) => (
      <Stacked note={row.kind}>
        <span className="font-medium">{row.id}</span>
      </Stacked>
    ),
  },
  { key: "kind", header: "Speaks like", width: "8rem", from: "sm", cell: (row) => row.kind },
  { key: "state", header: "State", width: "6.5rem", cell: (row) => <ProviderState state={row.state} /> },
  {
    key: "models",
    header: "Models",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.models),
  },
  {
    key: "success",
    header: "Answered, 1 h",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => percent(row.success_1h),
  },
  {
    key: "first",
    header: "First content",
    width: "7rem",
    align: "right",
    from: "lg",
    cell: (row) =>
      row.first_content_p50_ms === null ? "–" : `${formatInteger(row.first_content_p50_ms)} ms`,
  },
  {
    key: "credit",
    header: "Left to spend",
    width: "8rem",
    align: "right",
    from: "lg",
    cell: ({ credit }) =>
      credit === null ? (
        "–"
      ) : (
        <span
          className={credit.low ? "font-medium text-warn" : undefined}
          title={`asked ${formatExact(credit.asked_at)}`}
        >
          {formatUsd(credit.left_usd)}
        </span>
      ),
  },
  {
    key: "markup",
    header: "Markup",
    width: "5rem",
    align: "right",
    from: "lg",
    cell: (row) => (
      <span title={shownMarkups(row.plan_markups)}>
        {row.markup_percent} %{Object.keys(row.plan_markups).length > 0 && " *"}
      </span>
    ),
  },
  {
    key: "key",
    header: "Key",
    width: "6rem",
    align: "right",
    from: "sm",
    cell: (row) => (row.secret_last4 ? <code className="font-mono text-xs">…{row.secret_last4}</code> : "–"),
  },
];

/** Who serves model calls, how they do, and which of their models are not asked for now. */
export function ProvidersScreen() {
  const providers = useQuery(llmQueries.providers());
  const [editing, setEditing] = useState<AdminProvider | "new" | null>(null);
  return (
    <Page
      title="Providers"
      about="Who serves model calls. A breaker that opens in one process opens in every one without an answer of its own; success and speed are as the answering process saw them."
      actions={
        <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setEditing("new")}>
          Add a provider
        </Button>
      }
    >
      <Card>
        <Table
          label="Providers"
          columns={columns}
          list={asList(providers)}
          rowKey={(row) => row.id}
          skeletonRows={4}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Change ${row.id}`}
              onClick={() => setEditing(row)}
            />
          )}
          empty={
            <Empty icon={<Server className="size-5" />} title="Nobody serves models">
              Add a provider, then import its prices.
            </Empty>
          }
        />
      </Card>
      <Breakers
        rows={providers.data?.data}
        rest={{ error: providers.error, refetch: () => void providers.refetch() }}
      />
      {editing && (
        <ProviderDialog provider={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
    </Page>
  );
}

type Breaker = AdminProvider["breakers"][number] & { provider: string };

const breakerColumns: Column<Breaker>[] = [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <Stacked note={row.provider}>
        <code className="font-mono text-xs">{row.model}</code>
      </Stacked>
    ),
  },
  { key: "provider", header: "Provider", width: "9rem", from: "sm", cell: (row) => row.provider },
  {
    key: "state",
    header: "Breaker",
    width: "6rem",
    cell: (row) => (
      <Badge tone={row.state === "open" ? "bad" : "warn"} dot pulse={row.state === "probing"}>
        {row.state === "open" ? "Open" : "Probing"}
      </Badge>
    ),
  },
  {
    key: "wait",
    header: "Again in",
    width: "5.5rem",
    align: "right",
    cell: (row) => (row.wait_s === 0 ? "now" : formatDuration(row.wait_s)),
  },
];

function Breakers({
  rows,
  rest,
}: {
  rows: readonly AdminProvider[] | undefined;
  rest: { error: unknown; refetch(): void };
}) {
  const open = rows?.flatMap(({ id, breakers }) => breakers.map((each) => ({ ...each, provider: id })));
  return (
    <Card>
      <CardHead
        title="Breakers"
        note="Models that failed too often at a provider: calls go elsewhere until one that is let through succeeds."
      />
      <Table
        label="Open breakers"
        columns={breakerColumns}
        list={{ rows: open, ...rest }}
        rowKey={(row) => `${row.provider} ${row.model}`}
        skeletonRows={2}
        empty={
          <Empty icon={<CircleCheck className="size-5" />} title="All are closed">
            Every model of every provider is asked.
          </Empty>
        }
      />
    </Card>
  );
}
