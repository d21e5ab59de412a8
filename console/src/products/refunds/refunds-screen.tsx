import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { lists, useList } from "../../api/queries.ts";
import type { Refund } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Money, Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { RefundDialog } from "./refund-dialog.tsx";

const TONES: Record<Refund["status"], Tone> = {
  awaiting_approval: "warn",
  requested: "info",
  pending: "info",
  succeeded: "ok",
  failed: "bad",
  canceled: "neutral",
};
const FILTERS = [
  { value: "all", label: "All" },
  { value: "awaiting_approval", label: "To approve" },
  { value: "requested", label: "On their way" },
  { value: "failed", label: "Failed" },
] as const;

const columns: Column<Refund>[] = [
  {
    key: "org",
    header: "Organization",
    cell: (row) => (
      <Stacked note={row.origin === "company" ? "made at the company" : row.reason}>
        {row.organization ?? row.org_id}
      </Stacked>
    ),
  },
  {
    key: "origin",
    header: "Reason",
    width: "11rem",
    from: "md",
    cell: (row) => (row.origin === "company" ? "Made at the company" : humanize(row.reason ?? "other")),
  },
  {
    key: "amount",
    header: "Amount",
    width: "clamp(4.5rem, 19vw, 6.5rem)",
    align: "right",
    cell: (row) => <Money minor={row.amount_minor} currency={row.currency} />,
  },
  {
    key: "status",
    header: "Status",
    width: "clamp(7rem, 29vw, 8.5rem)",
    cell: (row) =>
      row.status === "awaiting_approval" ? (
        <Approve refund={row} />
      ) : (
        <Badge tone={TONES[row.status]}>{humanize(row.status)}</Badge>
      ),
  },
  {
    key: "at",
    header: "Asked for",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** Money that goes back, of all organizations. */
export function RefundsScreen() {
  const [status, setStatus] = useState<(typeof FILTERS)[number]["value"]>("all");
  const [asking, setAsking] = useState(false);
  const list = useList(lists.refunds(status === "all" ? undefined : status));
  return (
    <Page
      title="Refunds"
      about="Asked for here or made at the company. Above a bound, or from an organization's fourth in 30 days on, another operator approves."
      actions={
        <>
          <FilterTabs label="Status" value={status} options={FILTERS} onChange={(next) => setStatus(next)} />
          <Button variant="primary" onClick={() => setAsking(true)}>
            Refund a payment
          </Button>
        </>
      }
    >
      <Card>
        <Table
          label="Refunds"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={<Empty icon={<Undo2 className="size-5" />} title="No refunds" />}
        />
      </Card>
      <RefundDialog open={asking} onOpenChange={setAsking} />
    </Page>
  );
}

function Approve({ refund }: { refund: Refund }) {
  const client = useQueryClient();
  const intent = useIntent();
  const approve = useMutation({
    mutationFn: () => api.approveRefund(refund.id, intent.keyFor(refund.id)),
    onSuccess: () => toast.success("Approved"),
    onError: (error) => toast.error(messageOf(error)),
    onSettled: () => client.invalidateQueries({ queryKey: ["refunds"] }),
  });
  return (
    <Button size="sm" busy={approve.isPending} onClick={() => approve.mutate()}>
      Approve
    </Button>
  );
}
