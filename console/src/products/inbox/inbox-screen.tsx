import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Inbox, X } from "lucide-react";
import { lists, queries, useList } from "../../api/queries.ts";
import type { WebhookCounts, EventState, WebhookEvent } from "../../api/types.ts";
import { humanize, shortenId } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { AgeCard } from "./age-card.tsx";
import { listEffects } from "./effects.ts";
import { EVENT_STATES, EventStateBadge, ORIGINS, type Origin } from "./event-state.tsx";

const route = getRouteApi("/app/inbox");

export type InboxSearch = {
  state?: EventState;
  type?: string;
  object?: string;
  source?: string;
  error?: string;
  origin?: Origin;
};

const columns: Column<WebhookEvent>[] = [
  {
    key: "type",
    header: "Event",
    cell: (row) => (
      <Stacked note={<Time at={row.received_at} />}>
        <code className="font-mono text-xs">{row.type}</code>
      </Stacked>
    ),
  },
  { key: "state", header: "State", width: "8.75rem", cell: (row) => <EventStateBadge state={row.state} /> },
  { key: "object", header: "Object", width: "10.5rem", from: "lg", cell: (row) => <Id id={row.object_id} /> },
  {
    key: "effects",
    header: "Effects",
    width: "12rem",
    from: "md",
    cell: (row) => <span className="text-text-2">{listEffects(row.effects)}</span>,
  },
  {
    key: "attempts",
    header: "Attempts",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => row.attempts,
  },
  {
    key: "received",
    header: "Received",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.received_at} />,
  },
];

type Change = { [K in keyof InboxSearch]?: InboxSearch[K] | "" };

export function InboxScreen() {
  const search = route.useSearch();
  const { state, type, object, source, error, origin } = search;
  const navigate = useNavigate();
  const list = useList(lists.events({ state, type, source, origin, object_id: object, error_code: error }));
  /** Changes one filter and keeps the others; an empty one is taken out of the address. */
  const filter = (change: Change) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value));
    void navigate({ to: "/inbox", search: next, replace: true });
  };
  const filtered = Object.keys(search).length > 0;
  return (
    <Page
      title="Inbox"
      about="Every event that a company sent: stored before it was acknowledged, applied once."
    >
      <AgeCard />
      <Filters search={search} filter={filter} />
      <Card>
        <Table
          label="Webhook events"
          columns={columns}
          list={list}
          skeletonRows={10}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <Link
              to="/inbox/$eventId"
              params={{ eventId: row.id }}
              search={search}
              className={className}
              aria-label={`${row.type}, ${row.state}, ${listEffects(row.effects)}`}
            />
          )}
          empty={
            <Empty
              icon={<Inbox className="size-5" />}
              title={filtered ? "No event matches" : "No events yet"}
            >
              {filtered
                ? "Choose another state or type."
                : "Buy credits, and the company's events arrive here."}
            </Empty>
          }
        />
      </Card>
      <Outlet />
    </Page>
  );
}

function Filters({ search, filter }: { search: InboxSearch; filter(change: Change): void }) {
  const { state, type, object, source, error, origin } = search;
  const { data: endpoints } = useQuery(queries.endpoints());
  const sources = [...new Set(endpoints?.data.map((row) => row.source) ?? [])].toSorted();
  return (
    <div className="flex flex-wrap items-center gap-3">
      <StateTabs state={state} onChange={(next) => filter({ state: next ?? "" })} />
      <TypeFilter type={type} onChange={(next) => filter({ type: next })} />
      <FilterSelect
        label="Company"
        value={source ?? ""}
        onChange={(event) => filter({ source: event.currentTarget.value })}
      >
        <option value="">Every company</option>
        {sources.map((each) => (
          <option key={each} value={each}>
            {humanize(each)}
          </option>
        ))}
      </FilterSelect>
      <FilterSelect
        label="Came by"
        value={origin ?? ""}
        onChange={(event) => filter({ origin: event.currentTarget.value as Origin | "" })}
      >
        <option value="">However it came</option>
        {ORIGINS.map((each) => (
          <option key={each} value={each}>
            {humanize(each)}
          </option>
        ))}
      </FilterSelect>
      {error && (
        <Button size="sm" icon={<X className="size-3.5" />} onClick={() => filter({ error: "" })}>
          Only {error}
        </Button>
      )}
      {object && (
        <Button size="sm" icon={<X className="size-3.5" />} onClick={() => filter({ object: "" })}>
          Only {shortenId(object)}
        </Button>
      )}
    </div>
  );
}

function StateTabs({
  state,
  onChange,
}: {
  state: EventState | undefined;
  onChange(state: EventState | undefined): void;
}) {
  const { data } = useQuery(queries.eventCounts());
  const options = EVENT_STATES.map((each) => ({
    value: each.state as EventState | "all",
    label: each.label,
    count: countOf(data, each.state),
    alarm: each.state === "dead",
  }));
  return (
    <FilterTabs
      label="State"
      value={state ?? "all"}
      options={[{ value: "all", label: "All" }, ...options]}
      onChange={(next) => onChange(next === "all" ? undefined : next)}
    />
  );
}

/** What ended well is counted over a day only: a count beside the tab would mislead. */
const countOf = (counts: WebhookCounts | undefined, state: EventState) =>
  state === "processed" || state === "ignored" ? undefined : counts?.[state];

/** Types are the company's: whoever knows one types it in full. */
function TypeFilter({ type, onChange }: { type: string | undefined; onChange(type: string): void }) {
  return (
    <input
      type="search"
      aria-label="Event type"
      placeholder="Type, e.g. charge.succeeded"
      defaultValue={type}
      key={type}
      onKeyDown={(event) => {
        if (event.key === "Enter") onChange(event.currentTarget.value.trim());
      }}
      onBlur={(event) => {
        const next = event.currentTarget.value.trim();
        if (next !== (type ?? "")) onChange(next);
      }}
      className="h-9 w-full min-w-0 rounded-md border border-line-strong bg-surface px-2.5 text-sm shadow-card sm:w-60"
    />
  );
}
