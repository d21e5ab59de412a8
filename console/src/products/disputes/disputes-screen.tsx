import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { Gavel, X } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { Dispute } from "../../api/types.ts";
import { companyName } from "../../lib/company.ts";
import { formatMoney, humanize, shortenId } from "../../lib/format.ts";
import { Credits, Id, Money, Time } from "../../ui/amounts.tsx";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { DisputeStatus } from "./dispute-status.tsx";

const route = getRouteApi("/app/disputes");

export const DISPUTES_SHOWN = [
  { value: "all", label: "All" },
  { value: "open", label: "Open" },
  { value: "ended", label: "Ended" },
] as const;
type Shown = (typeof DISPUTES_SHOWN)[number]["value"];
export type DisputesSearch = { show?: Shown; org?: string };

const columns: Column<Dispute>[] = [
  {
    key: "org",
    header: "Organization",
    cell: (row) => <Stacked note={humanize(row.reason)}>{row.organization ?? shortenId(row.org_id)}</Stacked>,
  },
  { key: "reason", header: "Reason", width: "10rem", from: "md", cell: (row) => humanize(row.reason) },
  {
    key: "amount",
    header: "Amount",
    width: "6rem",
    align: "right",
    cell: (row) => <Money minor={row.amount_minor} currency={row.currency} />,
  },
  {
    key: "status",
    header: "Status",
    width: "9rem",
    cell: (row) => <DisputeStatus status={row.status} />,
  },
  {
    key: "due",
    header: "Answer by",
    width: "7.5rem",
    align: "right",
    from: "md",
    cell: (row) => (row.closed_at ? "–" : <Time at={row.evidence_due_at} />),
  },
  {
    key: "opened",
    header: "Opened",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** Payments that buyers dispute at their bank, of all organizations. */
export function DisputesScreen() {
  const search = route.useSearch();
  const { show = "all", org } = search;
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<string | null>(null);
  const open = show === "all" ? undefined : show === "open" ? "true" : "false";
  const list = useList(booksQueries.disputes({ open, org_id: org }));
  const row = list.rows?.find(({ id }) => id === chosen);
  const { org: _, ...withoutOrg } = search;
  return (
    <Page
      title="Disputes"
      about="Payments that buyers dispute at their bank. Money is posted when the company takes or returns it; credits go back when a dispute is lost."
      actions={
        <FilterTabs<Shown>
          label="Shown"
          value={show}
          options={DISPUTES_SHOWN}
          onChange={(next) =>
            void navigate({ to: "/disputes", search: { ...search, show: next }, replace: true })
          }
        />
      }
    >
      {org && (
        <Button
          size="sm"
          className="self-start"
          icon={<X className="size-3.5" />}
          onClick={() => void navigate({ to: "/disputes", search: withoutOrg, replace: true })}
        >
          Only {shortenId(org)}
        </Button>
      )}
      <Card>
        <Table
          label="Disputes"
          columns={columns}
          list={list}
          rowKey={(each) => each.id}
          renderLink={(each, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open the dispute of ${formatMoney(each.amount_minor, each.currency)} by ${each.organization ?? each.org_id}, ${each.status}`}
              onClick={() => setChosen(each.id)}
            />
          )}
          empty={
            <Empty
              icon={<Gavel className="size-5" />}
              title={show === "open" ? "No open disputes" : "No disputes"}
            />
          }
        />
      </Card>
      {row && <DisputeDrawer dispute={row} onClose={() => setChosen(null)} />}
    </Page>
  );
}

function DisputeDrawer({ dispute, onClose }: { dispute: Dispute; onClose(): void }) {
  const { currency } = dispute;
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={formatMoney(dispute.amount_minor, currency)}
      subtitle={<Id id={dispute.id} full />}
      actions={<DisputeStatus status={dispute.status} />}
    >
      <Part title="Dispute">
        <Facts>
          <Fact name="Reason">{humanize(dispute.reason)}</Fact>
          <Fact name="Company">{companyName(dispute.provider)}</Fact>
          <Fact name="Opened">
            <Time at={dispute.created_at} />
          </Fact>
          {dispute.closed_at ? (
            <Fact name="Ended">
              <Time at={dispute.closed_at} />
            </Fact>
          ) : (
            <Fact name="Answer by">
              <Time at={dispute.evidence_due_at} />
            </Fact>
          )}
          <Fact name="Organization">{dispute.organization ?? <Id id={dispute.org_id} />}</Fact>
          <Fact name="Payment">
            <Id id={dispute.payment_id} />
          </Fact>
        </Facts>
      </Part>
      <Part title="What it moved">
        <Facts>
          <Fact name="Taken, not returned">
            <Money minor={dispute.withdrawn_minor} currency={currency} />
          </Fact>
          <Fact name="Fee">
            <Money minor={dispute.fee_minor} currency={currency} />
          </Fact>
          <Fact name="Credits back">
            <Credits micros={dispute.clawed_back_micros} unit />
          </Fact>
        </Facts>
      </Part>
      <div className="flex flex-wrap gap-2 p-5">
        <Link
          to="/customers/$orgId"
          params={{ orgId: dispute.org_id }}
          className={buttonClass("secondary", "sm")}
        >
          Customer
        </Link>
        <Link to="/inbox" search={{ object: dispute.charge_id }} className={buttonClass("secondary", "sm")}>
          Webhook events
        </Link>
      </div>
    </Drawer>
  );
}
