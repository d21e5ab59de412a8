import { useQuery } from "@tanstack/react-query";
import { Link, Outlet } from "@tanstack/react-router";
import { lists, queries, useList } from "../../api/queries.ts";
import type { Payment } from "../../api/types.ts";
import { formatMoney } from "../../lib/format.ts";
import { daysAgo, daysBetween, stackByDay } from "../../lib/series.ts";
import { Plot } from "../../plots/plot.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { PaymentsTable } from "./payments-table.tsx";

const DAYS = 30;

export function PaymentsScreen() {
  const list = useList(lists.payments());
  const buy = (
    <Link to="/credits" search={{ buy: "1" }} className={buttonClass("primary")}>
      Buy credits
    </Link>
  );
  return (
    <Page title="Payments" about="What was paid, as the payment company has confirmed it." actions={buy}>
      <PaymentsPerDay />
      <Card>
        <PaymentsTable list={list} action={buy} />
      </Card>
      <Outlet />
    </Page>
  );
}

/** Paid amounts by day, in the currency most used. */
function PaymentsPerDay() {
  const { data, error, refetch } = useQuery(queries.recentPayments(100));
  if (!data)
    return (
      <Card>
        {error ? <Failure error={error} onRetry={() => void refetch()} /> : <Skeleton className="m-4 h-56" />}
      </Card>
    );
  const days = daysBetween(daysAgo(DAYS - 1), daysAgo(0));
  const paid = data.data.filter(
    (payment): payment is Payment & { paid_at: string } =>
      payment.paid_at !== null && days.includes(payment.paid_at.slice(0, 10)),
  );
  const currency = paid[0]?.currency;
  if (!currency) return null;
  const points = paid
    .filter((payment) => payment.currency === currency)
    .map(({ paid_at, amount_minor }) => ({ day: paid_at.slice(0, 10), series: "Paid", value: amount_minor }));
  const { rows, series } = stackByDay(points, days);
  const total = points.reduce((sum, { value }) => sum + value, 0);
  return (
    <Card>
      <CardHead
        title="Payments per day"
        note={`Last ${DAYS} days${data.has_more ? ", newest 100 payments" : ""}`}
        actions={<span className="num text-base font-semibold">{formatMoney(total, currency)}</span>}
      />
      <Plot
        kind="bars"
        label={`Payments per day in ${currency.toUpperCase()}`}
        rows={rows}
        series={series}
        format={(minor) => formatMoney(minor, currency)}
        formatAxis={(minor) => formatMoney(minor, currency).replace(/\.00$/, "")}
      />
    </Card>
  );
}
