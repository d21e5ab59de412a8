import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Coins } from "lucide-react";
import type { ReactNode } from "react";
import { asList, queries } from "../../api/queries.ts";
import { formatInteger, formatMicros } from "../../lib/format.ts";
import { daysAgo } from "../../lib/series.ts";
import { atLeast, useMe } from "../../shell/session.tsx";
import { Moving } from "../../shell/top-bar.tsx";
import { Credits } from "../../ui/amounts.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { CallsTable } from "../gateway/calls-table.tsx";
import { SpendPlot } from "../gateway/spend-plot.tsx";
import { PaymentsTable } from "../payments/payments-table.tsx";
import { HealthList } from "../system/health-list.tsx";

const RECENT = 5;

export function OverviewScreen() {
  const me = useMe();
  const owner = atLeast(me, "owner");
  const buy = owner && (
    <Link to="/credits" search={{ buy: "1" }} className={buttonClass("primary")}>
      <Coins aria-hidden className="size-4" />
      Buy credits
    </Link>
  );
  return (
    <Page title="Overview" about={`${me.organization.name} at a glance`} actions={buy}>
      <Figures operator={me.user.operator} />
      <div className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
        <Card>
          <CardHead
            title="Spend per day by model"
            note="Last 14 days"
            actions={<All to="/usage" what="usage" />}
          />
          <SpendPlot days={14} />
        </Card>
        {me.user.operator && <Health />}
      </div>
      <RecentCalls />
      {owner && <RecentPayments />}
    </Page>
  );
}

function Figures({ operator }: { operator: boolean }) {
  const { data: balance } = useQuery(queries.balance());
  const { data: month } = useQuery(queries.usage("model", daysAgo(29)));
  const wait = <Skeleton className="mt-1 h-6 w-24" />;
  return (
    <Stats>
      <Stat
        label="Available credits"
        value={balance ? <Moving micros={balance.available_micros} /> : wait}
        note={
          balance
            ? `${formatInteger(balance.grants.length)} ${balance.grants.length === 1 ? "grant" : "grants"} open`
            : " "
        }
        {...(balance ? { title: formatMicros(balance.available_micros) } : {})}
      />
      <Stat
        label="Held by running calls"
        value={balance ? <Credits micros={balance.held_micros} /> : wait}
        note={balance ? `${formatInteger(balance.held_count)} running` : " "}
      />
      <Stat
        label="Spent in 30 days"
        value={month ? <Credits micros={month.totals.cost_micros} /> : wait}
        note={month ? `${formatInteger(month.totals.requests)} calls` : " "}
      />
      {operator && <Events />}
    </Stats>
  );
}

function Events() {
  const { data } = useQuery(queries.eventCounts());
  const waiting = data && data.received + data.processing + data.waiting_retry;
  return (
    <Stat
      label="Events applied in 24 hours"
      value={data ? formatInteger(data.processed) : <Skeleton className="mt-1 h-6 w-16" />}
      note={data ? `${formatInteger(waiting ?? 0)} waiting, ${formatInteger(data.dead)} dead` : " "}
    />
  );
}

function Health() {
  const system = useQuery(queries.system());
  const failing = system.data?.checks.filter(({ ok }) => !ok).length;
  const note = failing === undefined ? "Asking…" : failing === 0 ? "All working" : `${failing} failing`;
  return (
    <Card>
      <CardHead title="Health" note={note} actions={<All to="/system" what="parts" />} />
      {system.error && !system.data ? (
        <Failure error={system.error} onRetry={() => void system.refetch()} />
      ) : (
        <HealthList checks={system.data?.checks} />
      )}
    </Card>
  );
}

function RecentCalls() {
  const list = asList(useQuery(queries.recentCalls(RECENT)));
  return (
    <Card>
      <CardHead title="Recent AI calls" actions={<All to="/usage" what="calls" />} />
      <CallsTable list={list} skeletonRows={RECENT} />
    </Card>
  );
}

function RecentPayments() {
  const list = asList(useQuery(queries.recentPayments(RECENT)));
  return (
    <Card>
      <CardHead title="Recent payments" actions={<All to="/payments" what="payments" />} />
      <PaymentsTable list={list} skeletonRows={RECENT} />
    </Card>
  );
}

function All({ to, what }: { to: string; what: string }): ReactNode {
  return (
    <Link to={to} className="rounded text-xs font-medium text-accent hover:underline">
      All<span className="sr-only"> {what}</span>
    </Link>
  );
}
