import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";
import { proof, proofQueries, type ProofBreak, type ProofBreakState } from "../../api/proof.ts";
import { useList } from "../../api/queries.ts";
import { formatInteger, shortenId } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { TextArea } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { formatUsd } from "../operator/figures.ts";

const STATES = [
  { value: "open", label: "Open" },
  { value: "resolved", label: "Resolved" },
  { value: "accepted", label: "Accepted" },
] as const;
const TONES: Record<ProofBreakState, Tone> = { open: "bad", resolved: "ok", accepted: "neutral" };
const KINDS: Record<ProofBreak["kind"], string> = {
  ledger_missing: "Paid by our rows, not in the ledger",
  attempt_missing: "In the ledger, not in our rows",
  ledger_amount: "Another amount in the ledger",
  provider_amount: "Another amount at the provider",
  provider_missing: "Unknown to the provider",
};

const amount = (exact: string) => (
  <span className="num" title={exact}>
    {formatUsd(exact)}
  </span>
);

const columns: Column<ProofBreak>[] = [
  {
    key: "kind",
    header: "Break",
    cell: (row) => <Stacked note={`${row.day}, ${row.subject}`}>{KINDS[row.kind]}</Stacked>,
  },
  {
    key: "day",
    header: "Day",
    width: "7rem",
    from: "sm",
    cell: (row) => <span className="num">{row.day}</span>,
  },
  {
    key: "subject",
    header: "Whose",
    width: "11rem",
    from: "sm",
    cell: (row) => (
      <code title={row.subject} className="font-mono text-xs">
        {shortenId(row.subject)}
      </code>
    ),
  },
  { key: "amount", header: "Amount", width: "7rem", align: "right", cell: (row) => amount(row.amount_usd) },
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
    cell: (row) => <Badge tone={TONES[row.state]}>{row.state}</Badge>,
  },
  {
    key: "found",
    header: "Found",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => <Time at={row.first_seen_at} />,
  },
];

export function ProofBreaksCard() {
  const [state, setState] = useState<ProofBreakState>("open");
  const [shown, setShown] = useState<ProofBreak | null>(null);
  const list = useList(proofQueries.breaks(state));
  return (
    <Card>
      <CardHead
        title="Breaks"
        actions={
          <FilterTabs label="State" value={state} options={STATES} onChange={(next) => setState(next)} />
        }
      />
      <Table
        label="Breaks of the proof"
        columns={columns}
        list={list}
        rowKey={(row) => row.id}
        renderLink={(row, className) => (
          <button
            type="button"
            className={className}
            onClick={() => setShown(row)}
            aria-label={`${KINDS[row.kind]}, ${row.day}, ${row.subject}`}
          />
        )}
        empty={
          <Empty icon={<CircleCheck className="size-5" />} title={`No ${state} breaks`}>
            {state === "open" && "Our rows, the ledger and the providers' figures agree."}
          </Empty>
        }
      />
      {shown && <BreakDrawer row={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function BreakDrawer({ row, onClose }: { row: ProofBreak; onClose(): void }) {
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={KINDS[row.kind]}
      subtitle={`${row.day}, ${row.subject}`}
      actions={<Badge tone={TONES[row.state]}>{row.state}</Badge>}
    >
      <Part title="Both sides">
        <Facts>
          <Fact name="At stake">{amount(row.amount_usd)}</Fact>
          <Fact name="Our rows">{amount(row.ours_usd)}</Fact>
          <Fact name={row.kind.startsWith("provider") ? "Provider" : "Ledger"}>{amount(row.theirs_usd)}</Fact>
          <Fact name="Calls">{formatInteger(row.calls)}</Fact>
          <Fact name="Last seen">
            <Time at={row.seen_at} />
          </Fact>
        </Facts>
      </Part>
      {row.examples.length > 0 && (
        <Part title="Some of the calls">
          <ul className="flex flex-col gap-1 px-5">
            {row.examples.map((id) => (
              <li key={id}>
                <Id id={id} />
              </li>
            ))}
          </ul>
        </Part>
      )}
      {row.note && (
        <Part title="Accepted">
          <p className="px-5 text-sm">{row.note}</p>
        </Part>
      )}
      {row.state === "open" && <Accept row={row} onDone={onClose} />}
    </Drawer>
  );
}

function Accept({ row, onDone }: { row: ProofBreak; onDone(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const accept = useMutation({
    mutationFn: (body: { note: string }) => proof.accept(row.id, body, intent.keyFor([row.id, body])),
    onSuccess: async () => {
      intent.done();
      toast.success("Accepted as it is");
      await client.invalidateQueries({ queryKey: ["proof"] });
      onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    accept.mutate({ note: String(new FormData(event.currentTarget).get("note")) });
  };
  return (
    <Part title="End it">
      <form onSubmit={submit} className="flex flex-col gap-3 px-5 pt-1">
        <TextArea
          label="Note"
          name="note"
          required
          maxLength={500}
          rows={2}
          hint="Why it stays as it is, for whoever reads the trail. What agrees again ends by itself."
        />
        {accept.error && <Notice tone="bad" title={messageOf(accept.error)} />}
        <Button type="submit" busy={accept.isPending} className="self-end">
          Accept as it is
        </Button>
      </form>
    </Part>
  );
}
