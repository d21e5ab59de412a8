import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import type { Payment, UsageGroup } from "../../api/types.ts";
import { formatCredits } from "../../lib/format.ts";
import { balanceByDay, daysAgo, daysBetween } from "../../lib/series.ts";
import { Plot } from "../../plots/plot.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { shortCredits } from "../gateway/spend-plot.tsx";

const DAYS = 30;

/** What moved the balance, by day. A refund counts on the day of its purchase. */
function movements(
  usage: readonly UsageGroup[],
  payments: readonly Payment[],
): { day: string; delta: number }[] {
  const spent = usage.map(({ group, cost_micros }) => ({
    day: (group.day ?? "").slice(0, 10),
    delta: -cost_micros,
  }));
  const bought = payments.flatMap(({ paid_at, credits_micros, amount_minor, refunded_minor }) =>
    paid_at
      ? [
          {
            day: paid_at.slice(0, 10),
            delta: Math.round(credits_micros * (1 - refunded_minor / amount_minor)),
          },
        ]
      : [],
  );
  return [...spent, ...bought];
}

/** The settled balance at the end of each day. */
export function CreditsPlot({ withPayments }: { withPayments: boolean }) {
  const from = daysAgo(DAYS - 1);
  const balance = useQuery(queries.balance());
  const usage = useQuery(queries.usage("day", from));
  const payments = useQuery({ ...queries.recentPayments(100), enabled: withPayments });
  const failed = [balance, usage].find(({ error, data }) => error && !data);
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!balance.data || !usage.data || (withPayments && payments.isPending))
    return <Skeleton className="m-4 h-56" />;
  const moved = movements(usage.data.data, payments.data?.data ?? []);
  const rows = balanceByDay(balance.data.settled_micros, moved, daysBetween(from, daysAgo(0)));
  return (
    <Plot
      kind="line"
      label="Credits at the end of each day"
      rows={rows.map(({ day, balance: Credits }) => ({ day, Credits: Credits as number }))}
      series={["Credits"]}
      format={formatCredits}
      formatAxis={shortCredits}
    />
  );
}
