import { getRouteApi, Link, Outlet, useNavigate } from "@tanstack/react-router";
import { Contact } from "lucide-react";
import type { FormEvent } from "react";
import { booksQueries } from "../../api/books.ts";
import { useList } from "../../api/queries.ts";
import type { Customer } from "../../api/types.ts";
import { formatInteger, formatMoney, humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { FilterField } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const route = getRouteApi("/app/customers");
export type CustomersSearch = { name?: string; disputed?: "true" };

/** What was kept of it: paid less what went back. */
export const keptOf = ({ paid }: Pick<Customer, "paid">): string =>
  paid
    .map(({ currency, paid_minor, refunded_minor, disputed_minor }) =>
      formatMoney(paid_minor - refunded_minor - disputed_minor, currency),
    )
    .join(", ") || "–";

const columns: Column<Customer>[] = [
  {
    key: "name",
    header: "Organization",
    cell: (row) => (
      <Stacked note={row.subscription_status ? humanize(row.subscription_status) : "no subscription"}>
        <span className="font-medium">{row.name}</span>
      </Stacked>
    ),
  },
  {
    key: "flags",
    header: "Flags",
    width: "8rem",
    from: "sm",
    cell: (row) => <Flags customer={row} />,
  },
  {
    key: "plan",
    header: "Plan",
    width: "9rem",
    from: "md",
    cell: (row) =>
      row.plan_key
        ? `${humanize(row.plan_key)}, ${humanize(row.subscription_status ?? "").toLowerCase()}`
        : "–",
  },
  {
    key: "payments",
    header: "Payments",
    width: "5.5rem",
    align: "right",
    from: "sm",
    cell: (row) => formatInteger(row.payments),
  },
  { key: "kept", header: "Paid, kept", width: "8rem", align: "right", cell: keptOf },
  {
    key: "last",
    header: "Last payment",
    width: "7.5rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.last_payment_at} />,
  },
];

export function Flags({ customer }: { customer: Customer }) {
  if (customer.flagged) return <Badge tone="bad">Disputed</Badge>;
  if (customer.suspended_at) return <Badge tone="warn">Suspended</Badge>;
  return <span className="text-text-3">–</span>;
}

/** Organizations that pay or have paid. */
export function CustomersScreen() {
  const search = route.useSearch();
  const { name, disputed } = search;
  const navigate = useNavigate();
  const list = useList(booksQueries.customers({ name, disputed }));
  const change = (next: { name?: string; disputed?: "true" | "" }) =>
    void navigate({
      to: "/customers",
      search: Object.fromEntries(Object.entries({ ...search, ...next }).filter(([, value]) => value)),
      replace: true,
    });
  const find = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    change({ name: String(new FormData(event.currentTarget).get("name")).trim() });
  };
  return (
    <Page
      title="Customers"
      about="Organizations that pay or have paid, and all that happened to their money."
    >
      <Card>
        <div className="flex flex-wrap items-center gap-3 border-b border-line p-3">
          <form onSubmit={find} key={name ?? ""} className="flex items-center gap-2">
            <FilterField
              label="Search customers"
              name="name"
              placeholder="Name of the organization"
              maxLength={100}
              defaultValue={name ?? ""}
            />
            <Button size="sm" type="submit">
              Search
            </Button>
          </form>
          <FilterTabs<"all" | "true">
            label="Disputes"
            value={disputed ?? "all"}
            options={[
              { value: "all", label: "All" },
              { value: "true", label: "With an open dispute" },
            ]}
            onChange={(next) => change({ disputed: next === "all" ? "" : next })}
          />
        </div>
        <Table
          label="Customers"
          columns={columns}
          list={list}
          rowKey={(row) => row.org_id}
          renderLink={(row, className) => (
            <Link
              to="/customers/$orgId"
              params={{ orgId: row.org_id }}
              search={search}
              className={className}
              aria-label={`Customer ${row.name}`}
            />
          )}
          empty={
            <Empty
              icon={<Contact className="size-5" />}
              title={name || disputed ? "No customer matches" : "Nobody pays yet"}
            />
          }
        />
      </Card>
      <Outlet />
    </Page>
  );
}
