import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { formatCredits } from "../../lib/format.ts";
import { balanceByDay, daysAgo, daysBetween } from "../../lib/series.ts";
import { Plot } from "../../plots/plot.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { shortCredits } from "../gateway/spend-plot.tsx";

const DAYS = 30;

/** The settled balance at the end of each day: what it is now, and what the ledger says that each day moved. */
export function CreditsPlot() {
  const from = daysAgo(DAYS - 1);
  const balance = useQuery(queries.balance());
  const days = useQuery(queries.creditDays(from));
  const failed = [balance, days].find(({ error, data }) => error && !data);
  if (failed) return <Failure error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!balance.data || !days.data) return <Skeleton className="m-4 h-56" />;
  const moved = days.data.data.map(({ day, moved: delta }) => ({ day, delta }));
  const now = balance.data.settled_micros - balance.data.debt_micros;
  const rows = balanceByDay(now, moved, daysBetween(from, daysAgo(0)));
  return (
    <Plot
      kind="line"
      label="Credits at the end of each day"
      rows={rows.map(({ day, balance: credits }) => ({ day, Credits: Math.max(0, Number(credits)) }))}
      series={["Credits"]}
      format={formatCredits}
      formatAxis={shortCredits}
    />
  );
}
