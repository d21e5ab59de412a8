import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { CreditCard, X } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { InstallationPayment } from "../../api/types.ts";
import { companyName } from "../../lib/company.ts";
import { formatMoney, humanize, shortenId } from "../../lib/format.ts";
import { Money, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { PaymentStatus } from "../payments/payment-status.tsx";
import { AnyPaymentDrawer } from "./any-payment-drawer.tsx";

const route = getRouteApi("/app/all-payments");

type Status = InstallationPayment["status"];
export const PAYMENT_FILTERS = [
  { value: "succeeded", label: "Succeeded" },
  { value: "failed", label: "Failed" },
  { value: "requires_action", label: "Waits for the buyer" },
  { value: "disputed", label: "Disputed" },
  { value: "refunded", label: "Refunded" },
] as const satisfies readonly { value: Status; label: string }[];
export const PROVIDERS = ["stripe", "paypal"] as const;

export type AllPaymentsSearch = {
  status?: Status;
  provider?: InstallationPayment["provider"];
  org?: string;
};

const columns: Column<InstallationPayment>[] = [
  {
    key: "org",
    header: "Organization",
    cell: (row) => (
      <Stacked note={<Time at={row.created_at} />}>{row.organization ?? shortenId(row.org_id)}</Stacked>
    ),
  },
  {
    key: "amount",
    header: "Amount",
    width: "5.5rem",
    align: "right",
    cell: (row) => <Money minor={row.amount_minor} currency={row.currency} />,
  },
  {
    key: "status",
    header: "Status",
    width: "8.5rem",
    cell: (row) => <PaymentStatus status={row.status} />,
  },
  {
    key: "for",
    header: "For",
    width: "8rem",
    from: "md",
    cell: (row) => humanize(row.pack_key ?? row.purpose),
  },
  { key: "by", header: "Company", width: "6rem", from: "md", cell: (row) => companyName(row.provider) },
  {
    key: "refunded",
    header: "Refunded",
    width: "6.5rem",
    align: "right",
    from: "lg",
    cell: (row) =>
      row.refunded_minor > 0 ? <Money minor={row.refunded_minor} currency={row.currency} /> : "–",
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

type Change = { [K in keyof AllPaymentsSearch]?: AllPaymentsSearch[K] | "" };

/** What every organization paid. */
export function AllPaymentsScreen() {
  const search = route.useSearch();
  const { status, provider, org } = search;
  const navigate = useNavigate();
  const [shown, setShown] = useState<string | null>(null);
  const list = useList(booksQueries.payments({ status, provider, org_id: org }));
  const change = (next: Change) =>
    void navigate({
      to: "/all-payments",
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)),
      replace: true,
    });
  const row = list.rows?.find(({ id }) => id === shown);
  return (
    <Page title="All payments" about="What every organization paid, as the companies have confirmed it.">
      <Card>
        <Filters search={search} onChange={change} />
        <Table
          label="Payments of all organizations"
          columns={columns}
          list={list}
          rowKey={(each) => each.id}
          skeletonRows={10}
          renderLink={(each, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open the payment of ${formatMoney(each.amount_minor, each.currency)} by ${each.organization ?? each.org_id}, ${each.status}`}
              onClick={() => setShown(each.id)}
            />
          )}
          empty={
            <Empty
              icon={<CreditCard className="size-5" />}
              title={Object.keys(search).length > 0 ? "No payment matches" : "Nobody paid yet"}
            />
          }
        />
      </Card>
      {row && (
        <AnyPaymentDrawer
          payment={row}
          onOnly={() => {
            setShown(null);
            change({ org: row.org_id });
          }}
          onClose={() => setShown(null)}
        />
      )}
    </Page>
  );
}

function Filters({ search, onChange }: { search: AllPaymentsSearch; onChange(change: Change): void }) {
  const { status, provider, org } = search;
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
      <FilterTabs
        label="Status"
        value={status ?? "all"}
        options={[{ value: "all" as Status | "all", label: "All" }, ...PAYMENT_FILTERS]}
        onChange={(next) => onChange({ status: next === "all" ? "" : next })}
      />
      <FilterSelect
        label="Company"
        value={provider ?? ""}
        onChange={(event) =>
          onChange({ provider: PROVIDERS.find((each) => each === event.currentTarget.value) ?? "" })
        }
      >
        <option value="">Both companies</option>
        {PROVIDERS.map((each) => (
          <option key={each} value={each}>
            {companyName(each)}
          </option>
        ))}
      </FilterSelect>
      {org && (
        <Button size="sm" icon={<X className="size-3.5" />} onClick={() => onChange({ org: "" })}>
          Only {shortenId(org)}
        </Button>
      )}
    </div>
  );
}
