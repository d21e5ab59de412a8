import { useQuery } from "@tanstack/react-query";
import { Calculator } from "lucide-react";
import { useState } from "react";
import { whatIfQueries, type WhatIfRow } from "../../api/what-if.ts";
import { asList, queries } from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { formatCompact, formatCredits, formatInteger, formatMicros } from "../../lib/format.ts";
import { Credits } from "../../ui/amounts.tsx";
import { Card, CardHead, Stat } from "../../ui/card.tsx";
import { FilterSelect } from "../../ui/field.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const signed = (micros: number): string => `${micros > 0 ? "+" : ""}${formatCredits(micros)}`;

const columns: Column<WhatIfRow>[] = [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <code title={row.model} className="font-mono text-xs">
        {row.model}
      </code>
    ),
  },
  {
    key: "calls",
    header: "Calls",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.requests),
  },
  {
    key: "tokens",
    header: "Tokens",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => formatCompact(row.input_tokens + row.output_tokens),
  },
  {
    key: "now",
    header: "Charged",
    width: "6rem",
    align: "right",
    cell: (row) => <Credits micros={row.cost_micros} />,
  },
  {
    key: "then",
    header: "There",
    width: "5.5rem",
    align: "right",
    cell: (row) =>
      row.repriced_micros === null ? (
        <span className="text-text-3" title="It has no price there">
          –
        </span>
      ) : (
        <Credits micros={row.repriced_micros} />
      ),
  },
];

/** The models that do what the used ones do; for chats where none was. */
function modelsLike(models: readonly Model[], used: ReadonlySet<unknown>): Model[] {
  const tasks = new Set(models.filter(({ id }) => used.has(id)).map(({ task }) => task));
  return models.filter(({ task }) => (tasks.size === 0 ? task === "chat" : tasks.has(task)));
}

/** The same tokens on another model, or at another version of prices. */
export function WhatIfCard({ from }: { from: string }) {
  const models = useQuery(queries.models());
  const used = useQuery(queries.usage("model", from));
  const usedIds = new Set(used.data?.data.map(({ group }) => group["model"]));
  const ids = used.data ? modelsLike(models.data?.data ?? [], usedIds).map(({ id }) => id) : [];
  const [chosen, setChosen] = useState("");
  const target = chosen || (ids[0] ? `model ${ids[0]}` : "");
  const query = useQuery({ ...whatIfQueries.one(target, from), enabled: target !== "" });
  const versions = query.data?.versions ?? [];
  const { totals } = query.data ?? {};
  return (
    <Card>
      <CardHead
        title="What if"
        note="The tokens of this time at other prices, in credits"
        actions={
          <FilterSelect
            label="Priced on"
            value={target}
            onChange={(event) => setChosen(event.target.value)}
            disabled={ids.length === 0}
          >
            <optgroup label="Model">
              {ids.map((id) => (
                <option key={id} value={`model ${id}`}>
                  {id}
                </option>
              ))}
            </optgroup>
            <optgroup label="Price version">
              {versions.map(({ version, state }) => (
                <option key={version} value={`version ${version}`}>
                  {version}, {state}
                </option>
              ))}
            </optgroup>
          </FilterSelect>
        }
      />
      {totals && query.data && query.data.data.length > 0 && (
        <div className="grid grid-cols-3 divide-x divide-line border-b border-line">
          <Stat
            label="Charged"
            value={formatCredits(totals.cost_micros)}
            title={formatMicros(totals.cost_micros)}
          />
          <Stat
            label="There"
            value={formatCredits(totals.repriced_micros)}
            title={formatMicros(totals.repriced_micros)}
          />
          <Stat label="Difference" value={signed(totals.repriced_micros - totals.cost_micros)} />
        </div>
      )}
      <Table
        label="Usage at other prices"
        columns={columns}
        list={{ ...asList(query), rows: query.data?.data }}
        rowKey={(row) => row.model}
        skeletonRows={3}
        empty={<Empty icon={<Calculator className="size-5" />} title="No calls in this time" />}
      />
    </Card>
  );
}
