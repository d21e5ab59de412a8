import { useQuery } from "@tanstack/react-query";
import { ChartLine } from "lucide-react";
import { useState } from "react";
import { asList } from "../../api/queries.ts";
import { proofQueries, type ProofDay } from "../../api/proof.ts";
import { formatInteger } from "../../lib/format.ts";
import { daysBetween } from "../../lib/series.ts";
import { Legend, Plot } from "../../plots/plot.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { formatUsd } from "../operator/figures.ts";

const SOURCES: Record<ProofDay["source"], string> = {
  ledger: "ledger",
  activity: "its figure of the day",
  generations: "single calls",
  none: "tells no figure",
};
const NAMES: Record<string, string> = { ledger: "Ledger" };
const nameOf = (side: string): string => NAMES[side] ?? side;
const agrees = (row: ProofDay): boolean => row.theirs_usd === row.ours_usd;

const usd = (exact: string | null) =>
  exact === null ? <span className="text-text-3">–</span> : <span title={exact}>{formatUsd(exact)}</span>;

const columns: Column<ProofDay>[] = [
  {
    key: "day",
    header: "Day",
    cell: (row) => (
      <Stacked note={`${nameOf(row.side)}, ${SOURCES[row.source]}`}>
        <span className="num">{row.day}</span>
      </Stacked>
    ),
  },
  { key: "side", header: "Beside", width: "9rem", from: "md", cell: (row) => nameOf(row.side) },
  {
    key: "source",
    header: "By",
    width: "11rem",
    from: "lg",
    cell: (row) => <span className="text-text-2">{SOURCES[row.source]}</span>,
  },
  {
    key: "checked",
    header: "Calls",
    width: "8rem",
    align: "right",
    from: "sm",
    cell: (row) =>
      row.checked === row.calls
        ? formatInteger(row.calls)
        : `${formatInteger(row.checked)} of ${formatInteger(row.calls)}`,
  },
  { key: "ours", header: "Ours", width: "6rem", align: "right", cell: (row) => usd(row.ours_usd) },
  {
    key: "theirs",
    header: "Theirs",
    width: "6rem",
    align: "right",
    cell: (row) => (
      <span className={row.theirs_usd === null || agrees(row) ? "" : "text-bad"}>{usd(row.theirs_usd)}</span>
    ),
  },
];

/** Each side's figure of each day, as a plot of one of them and as a list of all. */
export function ProofDaysCards({ from, to }: { from: string; to: string }) {
  const days = useQuery(proofQueries.days(from, to));
  const rows = days.data?.data;
  const sides = [...new Set(rows?.map(({ side }) => side))];
  const [chosen, setChosen] = useState("ledger");
  const side = sides.includes(chosen) ? chosen : (sides[0] ?? "ledger");
  const ofSide = rows?.filter((row) => row.side === side);
  const list = { ...asList(days), rows: ofSide?.toReversed() };
  const empty = (
    <Empty icon={<ChartLine className="size-5" />} title="No day was proven in this time">
      The next proof is at 03:00 UTC.
    </Empty>
  );
  return (
    <>
      {rows && rows.length > 0 && (
        <Card>
          <CardHead
            title="Theirs beside ours"
            note="USD by UTC day"
            actions={
              <FilterSelect label="Side" value={side} onChange={(event) => setChosen(event.target.value)}>
                {sides.map((each) => (
                  <option key={each} value={each}>
                    {nameOf(each)}
                  </option>
                ))}
              </FilterSelect>
            }
          />
          <SidePlot rows={ofSide ?? []} name={nameOf(side)} {...{ from, to }} />
        </Card>
      )}
      <Card>
        <CardHead title="Days" note={rows && rows.length > 0 && `Beside ${nameOf(side)}`} />
        <Table
          label="Proven days"
          columns={columns}
          list={list}
          rowKey={(row) => `${row.day} ${row.side}`}
          skeletonRows={3}
          empty={empty}
        />
      </Card>
    </>
  );
}

function SidePlot({
  rows,
  name,
  from,
  to,
}: {
  rows: readonly ProofDay[];
  name: string;
  from: string;
  to: string;
}) {
  const told = rows.some(({ theirs_usd }) => theirs_usd !== null);
  const series = told ? ["Ours", name] : ["Ours"];
  const points = daysBetween(from, to).map((day) => {
    const row = rows.find((each) => each.day === day);
    return { day, Ours: Number(row?.ours_usd ?? 0), [name]: Number(row?.theirs_usd ?? 0) };
  });
  return (
    <>
      <Plot
        kind="line"
        label={`What calls cost per day by our rows and by ${name}`}
        rows={points}
        series={series}
        format={(value) => formatUsd(String(value))}
        formatAxis={(value) => formatUsd(String(value))}
      />
      <Legend series={series} />
    </>
  );
}
