import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { ListTodo, X } from "lucide-react";
import { lists, useList } from "../../api/queries.ts";
import type { Job, JobState } from "../../api/types.ts";
import { useMe } from "../../shell/session.tsx";
import { Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { JOB_STATES, JobProgress, JobStateBadge, jobStateLabel } from "./job-state.tsx";
import { KindsCard } from "./kinds-card.tsx";

const route = getRouteApi("/app/jobs");

const columns: Column<Job>[] = [
  {
    key: "kind",
    header: "Job",
    cell: (row) => (
      <Stacked note={<Time at={row.created_at} />}>
        <code className="font-mono text-xs">{row.kind}</code>
      </Stacked>
    ),
  },
  { key: "state", header: "State", width: "8rem", cell: (row) => <JobStateBadge state={row.state} /> },
  { key: "items", header: "Items", width: "12rem", from: "md", cell: (row) => <JobProgress job={row} /> },
  {
    key: "error",
    header: "Last error",
    width: "14rem",
    from: "lg",
    cell: (row) =>
      row.error ? (
        <span className="text-text-2" title={row.error.detail}>
          {row.error.detail}
        </span>
      ) : (
        <span className="text-text-3">–</span>
      ),
  },
  {
    key: "attempts",
    header: "Attempts",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => `${row.attempts} of ${row.max_attempts}`,
  },
  {
    key: "created",
    header: "Enqueued",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

export function JobsScreen() {
  const me = useMe();
  const search = route.useSearch();
  const { state, kind } = search;
  const navigate = useNavigate();
  const list = useList(lists.jobs({ state, kind }));
  /** Changes one filter and keeps the other; an empty one is taken out of the address. */
  const filter = (change: { state?: JobState | ""; kind?: string }) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value));
    void navigate({ to: "/jobs", search: next, replace: true });
  };
  return (
    <Page
      title="Jobs"
      about="What Holdfast does after it has answered: each job is done once, whatever stops in between. Refreshed every 5 seconds."
    >
      {me.permissions.includes("jobs.manage") && <KindsCard />}
      <Card>
        <CardHead title="History" note="Jobs of this organization, newest first." />
        <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
          <FilterTabs
            label="State"
            value={state ?? "all"}
            options={[
              { value: "all" as JobState | "all", label: "All" },
              ...JOB_STATES.map((each) => ({ value: each.state, label: each.label })),
            ]}
            onChange={(next) => filter({ state: next === "all" ? "" : next })}
          />
          {kind && (
            <Button size="sm" icon={<X className="size-3.5" />} onClick={() => filter({ kind: "" })}>
              Only {kind}
            </Button>
          )}
        </div>
        <Table
          label="Jobs"
          columns={columns}
          list={list}
          skeletonRows={8}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <Link
              to="/jobs/$jobId"
              params={{ jobId: row.id }}
              search={search}
              className={className}
              aria-label={`${row.kind}, ${jobStateLabel(row.state)}`}
            />
          )}
          empty={
            <Empty
              icon={<ListTodo className="size-5" />}
              title={state || kind ? "No job matches" : "No jobs yet"}
            >
              {state || kind
                ? "Choose another state or kind."
                : "Exports, imports and other long work show up here."}
            </Empty>
          }
        />
      </Card>
      <Outlet />
    </Page>
  );
}
