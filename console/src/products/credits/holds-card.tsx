import { Hourglass } from "lucide-react";
import { useList } from "../../api/queries.ts";
import { tokenQueries } from "../../api/tokens.ts";
import type { TokenHold } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Credits, Id, Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";

const TONES = { pending: "warn", captured: "ok", released: "neutral" } as const;

const columns: Column<TokenHold>[] = [
  { key: "id", header: "Hold", cell: (row) => <Id id={row.id} /> },
  {
    key: "purpose",
    header: "Purpose",
    from: "sm",
    cell: (row) => row.purpose ?? row.model ?? <span className="text-text-3">–</span>,
  },
  {
    key: "state",
    header: "State",
    width: "7rem",
    cell: (row) => <Badge tone={TONES[row.state]}>{humanize(row.state)}</Badge>,
  },
  { key: "made", header: "Made", width: "8rem", from: "md", cell: (row) => <Time at={row.created_at} /> },
  {
    key: "amount",
    header: "Held",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Credits micros={row.amount_micros} />,
  },
  {
    key: "captured",
    header: "Taken",
    width: "7rem",
    align: "right",
    cell: (row) => <Credits micros={row.captured_micros} />,
  },
];

/** Credits that programs set aside for work of their own. */
export function HoldsCard() {
  return (
    <Card>
      <CardHead title="Reserved by programs" note="Set aside and taken through the API, newest first" />
      <Table
        label="Reserved by programs"
        columns={columns}
        list={useList(tokenQueries.holds())}
        rowKey={(row) => row.id}
        skeletonRows={2}
        empty={
          <Empty icon={<Hourglass className="size-5" />} title="Nothing was reserved">
            A key with the scope credits.spend sets credits aside for work of its own.
          </Empty>
        }
      />
    </Card>
  );
}
