import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";
import { proof, proofQueries, type PriceDrift } from "../../api/proof.ts";
import { asList } from "../../api/queries.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { formatUsd } from "../operator/figures.ts";

const TONES: Record<PriceDrift["state"], Tone> = { ok: "ok", drifting: "warn", paused: "bad" };
/** `+8.0 %`. */
const signed = (ratio: number): string =>
  `${ratio > 0 ? "+" : ""}${(ratio * 100).toFixed(1)} %`.replace("-", "−");
const stateOf = ({ state, model_paused }: PriceDrift): string =>
  model_paused ? "paused" : state === "paused" ? "over 20 %" : state;

const columns: Column<PriceDrift>[] = [
  {
    key: "model",
    header: "Model",
    cell: (row) => (
      <Stacked note={row.provider}>
        <code title={row.model} className="font-mono text-xs">
          {row.model}
        </code>
      </Stacked>
    ),
  },
  { key: "provider", header: "Provider", width: "9rem", from: "sm", cell: (row) => row.provider },
  {
    key: "ratio",
    header: "Bill beside table",
    width: "8.5rem",
    align: "right",
    cell: (row) => (
      <span className="num" title={`${row.billed_usd} and ${row.table_usd} USD`}>
        {signed(row.ratio)}
      </span>
    ),
  },
  {
    key: "billed",
    header: "Billed",
    width: "6rem",
    align: "right",
    from: "md",
    cell: (row) => <span title={row.billed_usd}>{formatUsd(row.billed_usd)}</span>,
  },
  {
    key: "calls",
    header: "Calls",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => formatInteger(row.calls),
  },
  {
    key: "state",
    header: "State",
    width: "6.5rem",
    from: "sm",
    cell: (row) => <Badge tone={row.model_paused ? "bad" : TONES[row.state]}>{stateOf(row)}</Badge>,
  },
  { key: "at", header: "Judged", width: "7rem", from: "lg", cell: (row) => <Time at={row.judged_at} /> },
  {
    key: "act",
    header: "",
    width: "6.5rem",
    align: "right",
    cell: (row) => row.model_paused && <Resume model={row.model} />,
  },
];

/** Which providers bill another price than their tables say. */
export function DriftsCard() {
  const drifts = useQuery(proofQueries.drifts());
  return (
    <Card>
      <CardHead
        title="Price drift"
        note="Each hour, over at least 20 calls: beyond 2 % operators are told, beyond 20 % the model is paused."
      />
      <Table
        label="Price drift"
        columns={columns}
        list={asList(drifts)}
        rowKey={(row) => `${row.provider} ${row.model}`}
        skeletonRows={2}
        empty={
          <Empty icon={<CircleCheck className="size-5" />} title="Nothing was judged yet">
            A model with 20 calls or more within a day shows up here.
          </Empty>
        }
      />
    </Card>
  );
}

function Resume({ model }: { model: string }) {
  const client = useQueryClient();
  const resume = useMutation({
    mutationFn: () => proof.resumeModel(model),
    onSuccess: async () => {
      toast.success(`${model} can be called again`);
      await client.invalidateQueries({ queryKey: ["proof", "drifts"] });
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  return (
    <Button
      size="sm"
      busy={resume.isPending}
      onClick={() => resume.mutate()}
      aria-label={`Let ${model} be called again`}
    >
      Resume
    </Button>
  );
}
