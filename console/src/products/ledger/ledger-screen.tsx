import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Outlet } from "@tanstack/react-router";
import { BookOpen, Scale } from "lucide-react";
import { asList, lists, queries, useList } from "../../api/queries.ts";
import type { LedgerAccount, LedgerTransaction } from "../../api/types.ts";
import { Amount, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { kindName, sizeOf, unitName } from "./entries.ts";
import { LedgerFilters, readFilter } from "./ledger-filters.tsx";
import { VerifyPanel } from "./verify-panel.tsx";

const route = getRouteApi("/app/ledger");

const accountColumns: Column<LedgerAccount>[] = [
  {
    key: "account",
    header: "Account",
    cell: (row) => (
      <Stacked note={unitName(row.unit)}>
        <code className="font-mono text-xs">{row.account}</code>
      </Stacked>
    ),
  },
  {
    key: "unit",
    header: "Unit",
    width: "6rem",
    from: "sm",
    cell: (row) => <Badge>{unitName(row.unit)}</Badge>,
  },
  {
    key: "balance",
    header: "Balance",
    width: "10rem",
    align: "right",
    cell: (row) => <Amount amount={row.balance} unit={row.unit} />,
  },
];

const transactionColumns: Column<LedgerTransaction>[] = [
  {
    key: "kind",
    header: "Kind",
    width: "10rem",
    cell: (row) => <Stacked note={<Time at={row.posted_at} />}>{kindName(row.kind)}</Stacked>,
  },
  {
    key: "reference",
    header: "Reference",
    from: "sm",
    cell: (row) => <span className="font-mono text-xs text-text-2">{row.reference}</span>,
  },
  { key: "id", header: "Transaction", width: "11rem", from: "lg", cell: (row) => <Id id={row.id} /> },
  {
    key: "seal",
    header: "Seal",
    width: "5.5rem",
    align: "right",
    from: "md",
    cell: (row) => (row.seal ? row.seal.number : <span className="text-text-3">tonight</span>),
  },
  { key: "size", header: "Moved", width: "8rem", align: "right", cell: (row) => <Moved transaction={row} /> },
  {
    key: "posted",
    header: "Posted",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.posted_at} />,
  },
];

function Moved({ transaction }: { transaction: LedgerTransaction }) {
  const size = sizeOf(transaction.entries);
  return size ? <Amount amount={size.amount} unit={size.unit} /> : "–";
}

export function LedgerScreen() {
  const search = route.useSearch();
  const { data, ...accountsQuery } = useQuery(queries.ledgerAccounts());
  const transactions = useList(lists.ledgerTransactions(readFilter(search)));
  const filtered = Object.keys(search).length > 0;
  return (
    <Page
      title="Ledger"
      about="One double-entry book for money and credits. Entries of a transaction sum to zero, and are never changed."
    >
      <VerifyPanel />
      <Card>
        <CardHead
          title="Accounts"
          note="“recurring” and “declined” hold no money: what subscriptions bring in a month, and what was not paid. “memo” is their other side."
        />
        <Table
          label="Accounts"
          columns={accountColumns}
          list={asList({ data, ...accountsQuery })}
          skeletonRows={5}
          rowKey={(row) => `${row.account} ${row.unit}`}
          empty={<Empty icon={<Scale className="size-5" />} title="No accounts yet" />}
        />
      </Card>
      <Card>
        <CardHead title="Transactions" />
        <LedgerFilters search={search} units={[...new Set(data?.data.map(({ unit }) => unit))]} />
        <Table
          label="Transactions"
          columns={transactionColumns}
          list={transactions}
          rowKey={(row) => row.id}
          renderLink={(row, className) => (
            <Link
              to="/ledger/$transactionId"
              params={{ transactionId: row.id }}
              search={search}
              className={className}
              aria-label={`${kindName(row.kind)} ${row.reference}`}
            />
          )}
          empty={
            <Empty
              icon={<BookOpen className="size-5" />}
              title={filtered ? "No transaction matches" : "Nothing posted yet"}
            />
          }
        />
      </Card>
      <Outlet />
    </Page>
  );
}
