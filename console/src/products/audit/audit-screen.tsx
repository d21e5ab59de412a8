import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ScrollText } from "lucide-react";
import { type FormEvent, useState } from "react";
import { lists, useList } from "../../api/queries.ts";
import type { AuditEntry } from "../../api/types.ts";
import { shortenId } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { useMe } from "../../shell/session.tsx";
import { FilterField } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { ChainCard } from "./chain-card.tsx";
import { EntryDrawer } from "./entry-drawer.tsx";

const route = getRouteApi("/app/audit");
const FILTERS = [
  ["action", "Action", "session or key.created"],
  ["actor", "Who", "usr_… or key_…"],
  ["target", "What was changed", "id"],
] as const;

const idCell = (id: string | null) =>
  id ? (
    <code className="font-mono text-xs" title={id}>
      {shortenId(id)}
    </code>
  ) : (
    <span className="text-text-3">–</span>
  );

const columns: Column<AuditEntry>[] = [
  {
    key: "action",
    header: "Action",
    cell: (row) => (
      <Stacked note={<Time at={row.created_at} />}>
        <code className="font-mono text-xs">{row.action}</code>
      </Stacked>
    ),
  },
  { key: "actor", header: "Who", width: "11rem", from: "sm", cell: (row) => idCell(row.actor_id) },
  {
    key: "target",
    header: "What was changed",
    width: "11rem",
    from: "md",
    cell: (row) => idCell(row.target_id),
  },
  {
    key: "seal",
    header: "Chain",
    width: "6.5rem",
    cell: (row) =>
      row.seq === null ? <Badge tone="warn">Waiting</Badge> : <Badge tone="ok">{`No. ${row.seq}`}</Badge>,
  },
  {
    key: "at",
    header: "When",
    width: "7.5rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** The organization's trail: who did what to what, and the proof that nothing was taken out of it. */
export function AuditScreen() {
  const me = useMe();
  const { trails, ...search } = route.useSearch();
  const all = trails === "all" && me.user.operator;
  const [chosen, setChosen] = useState<AuditEntry | null>(null);
  const list = useList(all ? lists.auditTrails(search) : lists.auditEntries(search));
  const filtered = Object.keys(search).length > 0;
  return (
    <Page
      title="Audit log"
      about="Sign-ins, credentials, roles, money and exports of this organization, kept for seven years. Nobody can change or remove an entry unseen."
    >
      <ChainCard key={all ? "installation" : "own"} installation={all} />
      <Card>
        <CardHead
          title="Entries"
          note={all ? "Of every organization and the installation, newest first." : "Newest first."}
          actions={me.user.operator && <Trails all={all} />}
        />
        <Filters />
        <Table
          label="Audit entries"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          skeletonRows={8}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.action}`}
              onClick={() => setChosen(row)}
            />
          )}
          empty={
            <Empty
              icon={<ScrollText className="size-5" />}
              title={filtered ? "No entry matches" : "Nothing yet"}
            >
              {filtered
                ? "Look for another action, person or id."
                : "What people do here shows up by itself."}
            </Empty>
          }
        />
      </Card>
      {chosen && <EntryDrawer entry={chosen} onClose={() => setChosen(null)} />}
    </Page>
  );
}

const TRAILS = [
  { value: "own", label: "This organization" },
  { value: "all", label: "All trails" },
] as const;

/** Operators may look at every trail; the installation's own has no other place. */
function Trails({ all }: { all: boolean }) {
  const { trails: _trails, ...search } = route.useSearch();
  const navigate = useNavigate();
  const show = (next: string) =>
    void navigate({
      to: "/audit",
      search: { ...search, ...(next === "all" ? { trails: next } : {}) },
      replace: true,
    });
  return <FilterTabs label="Trails" value={all ? "all" : "own"} options={TRAILS} onChange={show} />;
}

function Filters() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const given = FILTERS.map(([name]) => [name, String(form.get(name) ?? "").trim()]);
    const next = Object.fromEntries(given.filter(([, value]) => value));
    void navigate({
      to: "/audit",
      search: { ...next, ...(search.trails && { trails: search.trails }) },
      replace: true,
    });
  };
  return (
    <form
      key={JSON.stringify(search)}
      onSubmit={filter}
      className="flex flex-wrap items-center gap-2 border-b border-line p-3"
    >
      {FILTERS.map(([name, label, placeholder]) => (
        <FilterField
          key={name}
          name={name}
          label={label}
          placeholder={`${label}: ${placeholder}`}
          maxLength={100}
          defaultValue={search[name] ?? ""}
        />
      ))}
      <Button size="sm" type="submit">
        Filter
      </Button>
    </form>
  );
}
