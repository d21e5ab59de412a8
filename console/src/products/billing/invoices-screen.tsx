import { FileText } from "lucide-react";
import { lists, useList } from "../../api/queries.ts";
import type { Invoice } from "../../api/types.ts";
import { formatMoney, humanize } from "../../lib/format.ts";
import { Money, Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const TONES: Partial<Record<Invoice["status"], Tone>> = { paid: "ok", open: "warn", uncollectible: "bad" };

const columns: Column<Invoice>[] = [
  {
    key: "number",
    header: "Invoice",
    cell: (row) => (
      <Stacked
        note={
          <>
            <span className="sm:hidden">{formatMoney(row.total_minor, row.currency)} · </span>
            {row.description}
          </>
        }
      >
        {row.number ?? row.id}
      </Stacked>
    ),
  },
  {
    key: "status",
    header: "Status",
    width: "6rem",
    cell: (row) => (
      <Badge tone={TONES[row.status] ?? "neutral"} dot>
        {humanize(row.status)}
      </Badge>
    ),
  },
  {
    key: "total",
    header: "Total",
    width: "6.5rem",
    align: "right",
    from: "sm",
    cell: (row) => <Money minor={row.total_minor} currency={row.currency} />,
  },
  {
    key: "created",
    header: "Created",
    width: "6.5rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
  {
    key: "links",
    header: "",
    width: "5.5rem",
    align: "right",
    cell: (row) => (
      <span className="flex justify-end gap-3 text-sm font-medium">
        {row.pay_url && (
          <a href={row.pay_url} className="underline">
            Pay
          </a>
        )}
        <a
          href={`/api/invoices/${row.id}/pdf`}
          aria-label={`PDF of ${row.number ?? row.id}`}
          className="underline"
        >
          PDF
        </a>
      </span>
    ),
  },
];

export function InvoicesScreen() {
  const list = useList(lists.invoices());
  return (
    <Page title="Invoices" about="What the organization was charged for its plan.">
      <Card>
        <Table
          label="Invoices"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          skeletonRows={6}
          empty={
            <Empty icon={<FileText className="size-5" />} title="No invoices yet">
              The first one comes with a plan.
            </Empty>
          }
        />
      </Card>
    </Page>
  );
}
