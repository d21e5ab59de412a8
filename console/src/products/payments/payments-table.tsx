import { Link } from "@tanstack/react-router";
import { CreditCard } from "lucide-react";
import type { ReactNode } from "react";
import type { Payment } from "../../api/types.ts";
import { formatMoney, humanize } from "../../lib/format.ts";
import { Credits, Money, Time } from "../../ui/amounts.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, type ListState, Stacked, Table } from "../../ui/table.tsx";
import { PaymentStatus } from "./payment-status.tsx";

const columns: Column<Payment>[] = [
  {
    key: "amount",
    header: "Amount",
    width: "6rem",
    cell: (row) => (
      <Stacked note={<Time at={row.created_at} />}>
        <Money minor={row.amount_minor} currency={row.currency} />
      </Stacked>
    ),
  },
  { key: "status", header: "Status", cell: (row) => <PaymentStatus status={row.status} /> },
  {
    key: "pack",
    header: "For",
    width: "8rem",
    from: "md",
    cell: (row) => humanize(row.pack_key ?? row.purpose),
  },
  {
    key: "credits",
    header: "Credits",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => (row.credits_micros > 0 ? <Credits micros={row.credits_micros} /> : "–"),
  },
  {
    key: "created",
    header: "Created",
    width: "6.5rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

export function PaymentsTable({
  list,
  skeletonRows,
  action,
}: {
  list: ListState<Payment>;
  skeletonRows?: number;
  action?: ReactNode;
}) {
  return (
    <Table
      label="Payments"
      columns={columns}
      list={list}
      skeletonRows={skeletonRows ?? 8}
      rowKey={(row) => row.id}
      renderLink={(row, className) => (
        <Link
          to="/payments/$paymentId"
          params={{ paymentId: row.id }}
          className={className}
          aria-label={`Payment of ${formatMoney(row.amount_minor, row.currency)}, ${row.status}`}
        />
      )}
      empty={
        <Empty icon={<CreditCard className="size-5" />} title="No payments yet" action={action}>
          Buy credits, and the payment appears here.
        </Empty>
      }
    />
  );
}
