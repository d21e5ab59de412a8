import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { asList, queries } from "../../api/queries.ts";
import type { Model } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { CopyIcon } from "../../ui/copy.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { perMillion } from "./prices.ts";

const size = (value: number | null | undefined) => (value ? formatInteger(value) : "–");

/** Models that write down sound may be paid by its seconds alone. */
const bySecond = ({ pricing }: Model): string | null => {
  const usd = pricing?.audio_second ?? "0";
  return usd === "0" ? null : `$${usd}/s`;
};

const columns: Column<Model>[] = [
  {
    key: "id",
    header: "Model",
    cell: ({ id }) => (
      <span className="flex min-w-0 items-center gap-1">
        <code className="truncate font-mono text-xs" title={id}>
          {id}
        </code>
        <CopyIcon text={id} label="Copy model id" />
      </span>
    ),
  },
  {
    key: "in",
    header: "Input / M",
    width: "6rem",
    align: "right",
    cell: (row) => bySecond(row) ?? perMillion(row.pricing?.prompt),
  },
  {
    key: "out",
    header: "Output / M",
    width: "6rem",
    align: "right",
    cell: (row) => (bySecond(row) ? "–" : perMillion(row.pricing?.completion)),
  },
  {
    key: "window",
    header: "Window",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => size(row.context_length),
  },
  {
    key: "max",
    header: "Longest answer",
    width: "8rem",
    align: "right",
    from: "md",
    cell: (row) => size(row.max_output_tokens),
  },
];

export function ModelsScreen() {
  const list = asList(useQuery(queries.models()));
  return (
    <Page
      title="Models"
      about="What can be called, and what it costs: US dollars per million tokens, or per second of sound. One credit pays one cent."
    >
      <Card>
        <Table
          label="Models"
          columns={columns}
          list={list}
          rowKey={(row) => row.id}
          empty={<Empty icon={<Boxes className="size-5" />} title="No models can be called" />}
        />
      </Card>
    </Page>
  );
}
