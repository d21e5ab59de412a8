import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { HandCoins, X } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { AdjustmentState, ListedAdjustment } from "../../api/types.ts";
import { shortenId } from "../../lib/format.ts";
import { Amount, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { unitName } from "../ledger/entries.ts";
import { AdjustDialog } from "./adjust-dialog.tsx";
import { AdjustmentDrawer } from "./adjustment-drawer.tsx";
import { ADJUSTMENT_STATES, AdjustmentStateBadge } from "./adjustment-state.tsx";

const route = getRouteApi("/app/adjustments");

export type AdjustmentsSearch = { state?: AdjustmentState; org?: string; give?: string };

const columns: Column<ListedAdjustment>[] = [
  {
    key: "org",
    header: "Organization",
    cell: (row) => (
      <Stacked note={row.type === "grant" ? "gift" : "correction"}>
        {row.organization ?? shortenId(row.org_id)}
      </Stacked>
    ),
  },
  {
    key: "type",
    header: "What",
    width: "7rem",
    from: "sm",
    cell: (row) => (row.type === "grant" ? "Gift" : "Correction"),
  },
  {
    key: "amount",
    header: "Amount",
    width: "7rem",
    align: "right",
    cell: (row) => <Amount amount={row.amount} unit={row.unit} signed={row.type === "adjustment"} />,
  },
  {
    key: "unit",
    header: "Unit",
    width: "5.5rem",
    from: "sm",
    cell: (row) => <Badge>{unitName(row.unit)}</Badge>,
  },
  {
    key: "state",
    header: "State",
    width: "7rem",
    cell: (row) => <AdjustmentStateBadge state={row.state} />,
  },
  {
    key: "by",
    header: "Asked by",
    width: "9rem",
    from: "lg",
    cell: (row) => row.requested_by_name ?? shortenId(row.requested_by),
  },
  {
    key: "at",
    header: "Asked",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.requested_at} />,
  },
];

type Change = { [K in keyof AdjustmentsSearch]?: AdjustmentsSearch[K] | "" };

/** What operators gave and took by hand, and what waits for a second one. */
export function AdjustmentsScreen() {
  const search = route.useSearch();
  const { state, org, give } = search;
  const navigate = useNavigate();
  const [shown, setShown] = useState<string | null>(null);
  const list = useList(booksQueries.adjustments({ state, org_id: org }));
  const change = (next: Change) =>
    void navigate({
      to: "/adjustments",
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)),
      replace: true,
    });
  const row = list.rows?.find(({ id }) => id === shown);
  return (
    <Page
      title="Grants and adjustments"
      about="What operators gave and took by hand, of all organizations. Large ones wait for a second operator."
      actions={
        <Button
          variant="primary"
          icon={<HandCoins className="size-4" />}
          onClick={() => change({ give: "1" })}
        >
          Give or take
        </Button>
      }
    >
      <Card>
        <Filters search={search} onChange={change} />
        <Table
          label="Grants and adjustments"
          columns={columns}
          list={list}
          rowKey={(each) => each.id}
          renderLink={(each, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${each.type} for ${each.organization ?? each.org_id}, ${each.state}`}
              onClick={() => setShown(each.id)}
            />
          )}
          empty={
            <Empty
              icon={<HandCoins className="size-5" />}
              title={state === "pending" ? "Nothing waits for approval" : "None yet"}
            />
          }
        />
      </Card>
      {give && <AdjustDialog org={org} onClose={() => change({ give: "" })} />}
      {row && <AdjustmentDrawer row={row} onClose={() => setShown(null)} />}
    </Page>
  );
}

function Filters({ search, onChange }: { search: AdjustmentsSearch; onChange(change: Change): void }) {
  const { state, org } = search;
  const waiting = useQuery(booksQueries.waiting());
  const tabs = ADJUSTMENT_STATES.map((each) =>
    each.value === "pending" ? { ...each, count: waiting.data?.data.length, alarm: true } : each,
  );
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
      <FilterTabs
        label="State"
        value={state ?? "all"}
        options={[{ value: "all" as AdjustmentState | "all", label: "All" }, ...tabs]}
        onChange={(next) => onChange({ state: next === "all" ? "" : next })}
      />
      {org && (
        <Button size="sm" icon={<X className="size-3.5" />} onClick={() => onChange({ org: "" })}>
          Only {shortenId(org)}
        </Button>
      )}
    </div>
  );
}
