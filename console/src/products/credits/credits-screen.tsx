import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Coins } from "lucide-react";
import { asList, queries } from "../../api/queries.ts";
import type { Grant, TokenBalance } from "../../api/types.ts";
import { formatCredits, formatDay, formatInteger, formatMicros, humanize } from "../../lib/format.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Moving } from "../../shell/top-bar.tsx";
import { Credits, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Awaited, Empty, Notice } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { AutoTopupCard } from "./auto-topup-card.tsx";
import { BuyDialog } from "./buy-dialog.tsx";
import { CreditsPlot } from "./credits-plot.tsx";
import { HoldsCard } from "./holds-card.tsx";

const route = getRouteApi("/app/credits");

const columns: Column<Grant>[] = [
  {
    key: "source",
    header: "Source",
    width: "6.5rem",
    cell: (row) => <Badge tone="accent">{humanize(row.source)}</Badge>,
  },
  { key: "id", header: "Grant", from: "sm", cell: (row) => <Id id={row.id} /> },
  {
    key: "expires",
    header: "Expires",
    width: "6rem",
    cell: (row) => (row.expires_at ? <Time at={row.expires_at} /> : "Never"),
  },
  {
    key: "remaining",
    header: "Remaining",
    width: "7.5rem",
    align: "right",
    cell: (row) => <Credits micros={row.remaining_micros} />,
  },
];

export function CreditsScreen() {
  const me = useMe();
  const navigate = useNavigate();
  const { buy } = route.useSearch();
  const balance = useQuery(queries.balance());
  const setBuying = (open: boolean) =>
    void navigate({ to: "/credits", search: open ? { buy: "1" } : {}, replace: true });
  const mayBuy = atLeast(me, "owner");
  const grants = asList({ ...balance, data: balance.data && { data: balance.data.grants } });
  const buyButton = mayBuy && (
    <Button variant="primary" icon={<Coins className="size-4" />} onClick={() => setBuying(true)}>
      Buy credits
    </Button>
  );
  return (
    <Page
      title="Credits"
      about="One credit pays one US cent of model cost. What a call holds is returned or spent when it ends."
      actions={buyButton}
    >
      <BalanceStats balance={balance.data} failed={balance.isError} />
      {balance.data && balance.data.debt_micros > 0 && (
        <Notice tone="warn" title={`You owe ${formatCredits(balance.data.debt_micros)} credits`}>
          A refund took back credits that were already spent. The next purchase pays this first.
        </Notice>
      )}
      <Card>
        <CardHead
          title="Credits over time"
          note="Settled balance at the end of each day (UTC), last 30 days"
        />
        <CreditsPlot />
      </Card>
      <Card>
        <CardHead title="Grants" note={grantsNote(balance.data)} />
        <Table
          label="Grants"
          columns={columns}
          list={grants}
          rowKey={(row) => row.id}
          skeletonRows={3}
          empty={
            <Empty icon={<Coins className="size-5" />} title="No credits left" action={buyButton}>
              Each purchase makes a grant, which calls then use up.
            </Empty>
          }
        />
      </Card>
      {atLeast(me, "agent") && <HoldsCard />}
      {mayBuy && <AutoTopupCard />}
      <BuyDialog open={buy === "1" && mayBuy} onOpenChange={setBuying} />
    </Page>
  );
}

/** Where credits come from without buying any. */
function grantsNote(balance: TokenBalance | undefined): string {
  const spent = "Spent from the top down";
  if (!balance || balance.plan.allowance_micros === 0) return spent;
  const { name, allowance_micros: given, renews_at: at } = balance.plan;
  return `${spent}; ${name} gives ${formatCredits(given)} a month${at ? `, again on ${formatDay(at)}` : ""}`;
}

function BalanceStats({ balance, failed }: { balance: TokenBalance | undefined; failed: boolean }) {
  const wait = <Awaited failed={failed} className="mt-1 h-6 w-24" />;
  return (
    <Stats>
      <Stat
        label="Available"
        value={balance ? <Moving micros={balance.available_micros} /> : wait}
        note="Free to spend"
        {...(balance ? { title: formatMicros(balance.available_micros) } : {})}
      />
      <Stat
        label="Held"
        value={balance ? <Credits micros={balance.held_micros} /> : wait}
        note={balance ? `${formatInteger(balance.held_count)} calls running` : " "}
      />
      <Stat
        label="Settled"
        value={balance ? <Credits micros={balance.settled_micros} /> : wait}
        note="Available and held"
      />
      <Stat
        label="Debt"
        value={balance ? <Credits micros={balance.debt_micros} /> : wait}
        note="Paid by the next grant"
      />
    </Stats>
  );
}
