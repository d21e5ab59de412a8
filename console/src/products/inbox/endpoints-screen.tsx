import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { Plus, Webhook } from "lucide-react";
import { useState } from "react";
import { asList, queries } from "../../api/queries.ts";
import type { WebhookEndpoint } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { NewEndpointDialog } from "./new-endpoint-dialog.tsx";

const columns: Column<WebhookEndpoint>[] = [
  {
    key: "endpoint",
    header: "Endpoint",
    cell: (row) => (
      <Stacked note={row.account_id}>
        <span className="font-medium">{humanize(row.source)}</span>{" "}
        <code className="font-mono text-xs text-text-3">{new URL(row.url).pathname}</code>
      </Stacked>
    ),
  },
  { key: "account", header: "Account", width: "12rem", from: "md", cell: (row) => row.account_id },
  {
    key: "mode",
    header: "Mode",
    width: "5rem",
    from: "sm",
    cell: (row) => <Badge tone={row.mode === "test" ? "warn" : "ok"}>{row.mode}</Badge>,
  },
  {
    key: "state",
    header: "State",
    width: "5.5rem",
    cell: (row) => <Badge tone={row.enabled ? "ok" : "neutral"}>{row.enabled ? "On" : "Off"}</Badge>,
  },
  {
    key: "secrets",
    header: "Secrets",
    width: "5.5rem",
    align: "right",
    from: "lg",
    cell: (row) => row.secrets.length,
  },
  {
    key: "last",
    header: "Last event",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => (row.last_event_at ? <Time at={row.last_event_at} /> : "never"),
  },
];

export function EndpointsScreen() {
  const list = asList(useQuery(queries.endpoints()));
  const [adding, setAdding] = useState(false);
  return (
    <Page
      title="Endpoints"
      about="Where companies deliver their events, and the secrets that they sign them with."
      actions={
        <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setAdding(true)}>
          Add an endpoint
        </Button>
      }
    >
      <Card>
        <Table
          label="Webhook endpoints"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <Link
              to="/endpoints/$endpointId"
              params={{ endpointId: row.id }}
              className={className}
              aria-label={`${humanize(row.source)} ${row.account_id}${row.is_default ? ", default" : ""}`}
            />
          )}
          empty={<Empty icon={<Webhook className="size-5" />} title="No endpoints" />}
        />
      </Card>
      {adding && <NewEndpointDialog onClose={() => setAdding(false)} />}
      <Outlet />
    </Page>
  );
}
