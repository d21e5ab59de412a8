import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Plus, Send, Webhook } from "lucide-react";
import { useState } from "react";
import { asList, useList } from "../../api/queries.ts";
import { relayQueries } from "../../api/relay.ts";
import type { OutboundEndpoint, OutboundMessage } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { answerOf, EndpointStateBadge, MESSAGE_STATES, MessageStateBadge } from "./endpoint-state.tsx";
import { NewEndpointDialog } from "./new-endpoint-dialog.tsx";

const route = getRouteApi("/app/relay");

export type RelaySearch = { state?: OutboundMessage["state"]; type?: string; endpoint?: string };

const endpointColumns: Column<OutboundEndpoint>[] = [
  {
    key: "url",
    header: "Address",
    cell: (row) => (
      <Stacked note={`${row.types.length} of the events`}>
        <span title={row.url}>{row.url.replace(/^https?:\/\//, "")}</span>
      </Stacked>
    ),
  },
  {
    key: "types",
    header: "Events",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.types.length),
  },
  {
    key: "ordered",
    header: "In order",
    width: "5.5rem",
    from: "md",
    cell: (row) => (row.ordered ? "Yes" : <span className="text-text-3">No</span>),
  },
  {
    key: "state",
    header: "State",
    width: "9.5rem",
    cell: (row) => <EndpointStateBadge endpoint={row} />,
  },
  {
    key: "failing",
    header: "Failing since",
    width: "7.5rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.failing_since} />,
  },
];

const messageColumns: Column<OutboundMessage>[] = [
  {
    key: "type",
    header: "Event",
    cell: (row) => (
      <Stacked note={<Time at={row.created_at} />}>
        <code className="font-mono text-xs">{row.type}</code>
      </Stacked>
    ),
  },
  {
    key: "object",
    header: "Object",
    width: "10.5rem",
    from: "lg",
    cell: (row) => <Id id={row.object_id} />,
  },
  {
    key: "state",
    header: "State",
    width: "8.5rem",
    cell: (row) => <MessageStateBadge message={row} />,
  },
  {
    key: "attempts",
    header: "Attempts",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.attempts),
  },
  { key: "answer", header: "Answer", width: "6rem", align: "right", from: "sm", cell: answerOf },
  {
    key: "made",
    header: "Made",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** The organization's own servers, and what they were told. */
export function RelayScreen() {
  const search = route.useSearch();
  const endpoints = useQuery(relayQueries.endpoints());
  const [adding, setAdding] = useState(false);
  const failing = endpoints.data?.data.filter(
    ({ failing_since, enabled, disabled_reason }) => disabled_reason !== null || (enabled && failing_since),
  );
  const add = (
    <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setAdding(true)}>
      Add an endpoint
    </Button>
  );
  return (
    <Page
      title="Relay"
      about="What happens here, told to your own servers: signed, repeated until they answer, the same for both companies."
      actions={add}
    >
      {failing && failing.length > 0 && (
        <Notice
          tone="bad"
          title={
            failing.length === 1
              ? "An endpoint does not take its events"
              : `${failing.length} endpoints do not take their events`
          }
        >
          {failing.map(({ url }) => new URL(url).host).join(", ")}
        </Notice>
      )}
      <Card>
        <CardHead title="Endpoints" note="20 at most" />
        <Table
          label="Endpoints"
          columns={endpointColumns}
          list={asList(endpoints)}
          rowKey={(row) => row.id}
          skeletonRows={2}
          renderLink={(row, className) => (
            <Link
              to="/relay/endpoints/$endpointId"
              params={{ endpointId: row.id }}
              search={search}
              className={className}
              aria-label={`Endpoint ${row.url}`}
            />
          )}
          empty={
            <Empty icon={<Webhook className="size-5" />} title="No endpoints yet" action={add}>
              Add the address of a server of yours, and it is told what you choose.
            </Empty>
          }
        />
      </Card>
      <Messages endpoints={endpoints.data?.data ?? []} />
      {adding && <NewEndpointDialog onClose={() => setAdding(false)} />}
      <Outlet />
    </Page>
  );
}

type Change = { [K in keyof RelaySearch]?: RelaySearch[K] | "" };

function Messages({ endpoints }: { endpoints: readonly OutboundEndpoint[] }) {
  const search = route.useSearch();
  const { state, type, endpoint } = search;
  const navigate = useNavigate();
  const { data: known } = useQuery(relayQueries.eventTypes());
  const list = useList(relayQueries.messages({ state, type, endpoint_id: endpoint }));
  const filter = (change: Change) => {
    const next = Object.fromEntries(Object.entries({ ...search, ...change }).filter(([, value]) => value));
    void navigate({ to: "/relay", search: next, replace: true });
  };
  return (
    <Card>
      <CardHead title="Messages" note="Kept for 30 days" />
      <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
        <FilterTabs
          label="State"
          value={state ?? "all"}
          options={[{ value: "all" as OutboundMessage["state"] | "all", label: "All" }, ...MESSAGE_STATES]}
          onChange={(next) => filter({ state: next === "all" ? "" : next })}
        />
        <FilterSelect
          label="Event"
          value={type ?? ""}
          onChange={(event) => filter({ type: event.currentTarget.value })}
        >
          <option value="">Every event</option>
          {known?.data.map((each) => (
            <option key={each.type}>{each.type}</option>
          ))}
        </FilterSelect>
        <FilterSelect
          label="Endpoint"
          value={endpoint ?? ""}
          onChange={(event) => filter({ endpoint: event.currentTarget.value })}
        >
          <option value="">Every endpoint</option>
          {endpoints.map(({ id, url }) => (
            <option key={id} value={id}>
              {url}
            </option>
          ))}
        </FilterSelect>
      </div>
      <Table
        label="Messages"
        columns={messageColumns}
        list={list}
        rowKey={(row) => row.id}
        renderLink={(row, className) => (
          <Link
            to="/relay/messages/$messageId"
            params={{ messageId: row.id }}
            search={search}
            className={className}
            aria-label={`${row.type}, ${row.state}`}
          />
        )}
        empty={
          <Empty
            icon={<Send className="size-5" />}
            title={Object.keys(search).length > 0 ? "No message matches" : "Nothing was sent yet"}
          />
        }
      />
    </Card>
  );
}
