import { useQuery } from "@tanstack/react-query";
import { RefreshCw, Tags } from "lucide-react";
import { useState } from "react";
import { booksQueries } from "../../api/books.ts";
import { asList } from "../../api/queries.ts";
import type { PlanVersion } from "../../api/types.ts";
import { formatCredits, formatExact, formatInteger, formatMoney } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { SyncDialog } from "./sync-dialog.tsx";

const pricesOf = ({ prices }: PlanVersion): string =>
  prices.length === 0
    ? "free"
    : prices
        .map(({ amount_minor, currency, interval }) => `${formatMoney(amount_minor, currency)} a ${interval}`)
        .join(", ");

const count = (value: number | null) => (value === null ? "no limit" : formatInteger(value));

const columns: Column<PlanVersion>[] = [
  {
    key: "name",
    header: "Plan",
    cell: (row) => (
      <Stacked note={pricesOf(row)}>
        <span className="font-medium">{row.name}</span>{" "}
        <span className="text-text-3">version {row.number}</span>
      </Stacked>
    ),
  },
  { key: "prices", header: "Prices", from: "sm", cell: pricesOf },
  {
    key: "sale",
    header: "On sale",
    width: "7rem",
    cell: (row) => (row.on_sale ? <Badge tone="ok">On sale</Badge> : <Badge>Kept</Badge>),
  },
  {
    key: "subscribers",
    header: "Have it",
    width: "5.5rem",
    align: "right",
    cell: (row) => formatInteger(row.subscribers),
  },
  {
    key: "since",
    header: "Since",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.created_at} />,
  },
];

/** Every version of every plan: a change makes a new one, and who subscribed keeps theirs. */
export function PlanVersionsScreen() {
  const list = asList(useQuery(booksQueries.planVersions()));
  const [syncing, setSyncing] = useState(false);
  const [shown, setShown] = useState<PlanVersion | null>(null);
  return (
    <Page
      title="Plan versions"
      about="What the plans file says and said. A change makes a new version; subscribers keep the one that they chose."
      actions={
        <Button variant="primary" icon={<RefreshCw className="size-4" />} onClick={() => setSyncing(true)}>
          Sync with the companies
        </Button>
      }
    >
      <Card>
        <CardHead title="Versions" />
        <Table
          label="Plan versions"
          columns={columns}
          list={list}
          rowKey={(row) => row.version}
          skeletonRows={3}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.name}, version ${row.number}`}
              onClick={() => setShown(row)}
            />
          )}
          empty={<Empty icon={<Tags className="size-5" />} title="No plans" />}
        />
      </Card>
      {syncing && <SyncDialog onClose={() => setSyncing(false)} />}
      {shown && <VersionDrawer version={shown} onClose={() => setShown(null)} />}
    </Page>
  );
}

function VersionDrawer({ version, onClose }: { version: PlanVersion; onClose(): void }) {
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={`${version.name}, version ${version.number}`}
      subtitle={<Id id={version.version} full />}
      actions={version.on_sale ? <Badge tone="ok">On sale</Badge> : <Badge>Kept</Badge>}
    >
      <Part title="What it includes">
        <Facts>
          <Fact name="Prices">{pricesOf(version)}</Fact>
          <Fact name="Credits a month">
            {formatCredits(version.credits_micros)}
            {version.rollover && ", what is left stays"}
          </Fact>
          <Fact name="Trial">
            {version.trial
              ? `${version.trial.days} days, ${formatCredits(version.trial.credits_micros)} credits`
              : "none"}
          </Fact>
          <Fact name="Seats">{formatInteger(version.limits.seats)}</Fact>
          <Fact name="Calls a minute">{count(version.limits.rpm)}</Fact>
          <Fact name="Tokens a minute">{count(version.limits.tpm)}</Fact>
          <Fact name="Calls at once">{count(version.limits.concurrency)}</Fact>
        </Facts>
      </Part>
      <Part title="Who has it">
        <Facts>
          <Fact name="Organizations">{formatInteger(version.subscribers)}</Fact>
          <Fact name="Kept since">{formatExact(version.created_at)}</Fact>
        </Facts>
      </Part>
    </Drawer>
  );
}
