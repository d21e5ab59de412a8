import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { UserPlus, Users } from "lucide-react";
import { type FormEvent, useState } from "react";
import { lists, useList } from "../../api/queries.ts";
import type { Person, PersonStatus } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterField } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { InvitePersonDialog } from "./invite-person-dialog.tsx";
import { PersonDrawer } from "./person-drawer.tsx";
import { PEOPLE_STATUSES, PersonStatusBadge } from "./person-status.tsx";

const route = getRouteApi("/app/people");

const columns: Column<Person>[] = [
  {
    key: "name",
    header: "Name",
    cell: (row) => (
      <Stacked note={row.email}>
        <span className="font-medium">{row.full_name}</span>
      </Stacked>
    ),
  },
  { key: "email", header: "E-mail", from: "sm", cell: (row) => row.email },
  {
    key: "status",
    header: "Status",
    width: "6rem",
    cell: (row) => <PersonStatusBadge status={row.status} />,
  },
  {
    key: "operator",
    header: "Operator",
    width: "6rem",
    from: "md",
    cell: (row) => (row.operator ? <Badge tone="accent">Operator</Badge> : "–"),
  },
  {
    key: "mfa",
    header: "Second step",
    width: "7rem",
    from: "lg",
    cell: (row) => (row.mfa.length > 0 ? "On" : <span className="text-text-3">Off</span>),
  },
  {
    key: "seen",
    header: "Last seen",
    width: "7.5rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.last_seen_at} />,
  },
];

/** Everybody who has an account here. */
export function PeopleScreen() {
  const { search, status } = route.useSearch();
  const navigate = useNavigate();
  const [inviting, setInviting] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useList(lists.people({ search, status }));
  const filter = (change: Change) => {
    const all = Object.entries({ search, status, ...change });
    void navigate({
      to: "/people",
      search: Object.fromEntries(all.filter(([, value]) => value)),
      replace: true,
    });
  };
  return (
    <Page
      title="People"
      about="Everybody who has an account on this installation. What operators do here is in the audit trail."
      actions={
        <Button variant="primary" icon={<UserPlus className="size-4" />} onClick={() => setInviting(true)}>
          Add a person
        </Button>
      }
    >
      <Card>
        <Filters search={search} status={status} onChange={filter} />
        <Table
          label="People"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          skeletonRows={6}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.full_name}`}
              onClick={() => setChosen(row.id)}
            />
          )}
          empty={
            <Empty icon={<Users className="size-5" />} title="Nobody matches">
              Look for another name, or another status.
            </Empty>
          }
        />
      </Card>
      <InvitePersonDialog open={inviting} onOpenChange={setInviting} />
      {chosen && <PersonDrawer id={chosen} onClose={() => setChosen(null)} />}
    </Page>
  );
}

type Change = { search?: string; status?: PersonStatus | "" };

function Filters({
  search,
  status,
  onChange,
}: {
  search: string | undefined;
  status: PersonStatus | undefined;
  onChange(change: Change): void;
}) {
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    onChange({ search: String(new FormData(event.currentTarget).get("search")).trim() });
  };
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
      <form onSubmit={find} key={search ?? ""} className="flex items-center gap-2">
        <FilterField
          label="Search people"
          name="search"
          placeholder="Name, address or id"
          maxLength={100}
          defaultValue={search ?? ""}
        />
        <Button size="sm" type="submit">
          Search
        </Button>
      </form>
      <FilterTabs
        label="Status"
        value={status ?? "all"}
        options={[{ value: "all" as PersonStatus | "all", label: "All" }, ...PEOPLE_STATUSES]}
        onChange={(next) => onChange({ status: next === "all" ? "" : next })}
      />
    </div>
  );
}
