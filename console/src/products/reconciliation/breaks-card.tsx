import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { lists, useList } from "../../api/queries.ts";
import type { BreakState, ReconciliationBreak } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Amount, Id, Time } from "../../ui/amounts.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { TextArea } from "../../ui/field.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

const STATES = [
  { value: "open", label: "Open" },
  { value: "late", label: "Late" },
  { value: "resolved", label: "Resolved" },
  { value: "accepted", label: "Accepted" },
] as const;
const TONES: Record<BreakState, Tone> = { open: "bad", late: "warn", resolved: "ok", accepted: "neutral" };

/** What each action does, in the words of its button. */
const ACTIONS: Record<ReconciliationBreak["action"], string> = {
  backfill: "Fetch the missing events",
  replay: "Replay its event",
  reverse: "Reverse the extra effect",
  adjust: "Read again, then adjust",
  refund: "Refund it",
  ask_company: "Ask the company again",
};

const columns: Column<ReconciliationBreak>[] = [
  {
    key: "kind",
    header: "Break",
    cell: (row) => (
      <Stacked note={<Amount amount={row.amount} unit={row.currency} />}>{humanize(row.kind)}</Stacked>
    ),
  },
  {
    key: "amount",
    header: "Amount",
    width: "8rem",
    align: "right",
    from: "sm",
    cell: (row) => <Amount amount={row.amount} unit={row.currency} />,
  },
  {
    key: "state",
    header: "State",
    width: "6.5rem",
    cell: (row) => <Badge tone={TONES[row.state]}>{row.state}</Badge>,
  },
  { key: "action", header: "Action", width: "12rem", from: "lg", cell: (row) => ACTIONS[row.action] },
  {
    key: "age",
    header: "Since",
    width: "7rem",
    align: "right",
    cell: (row) => <Time at={row.occurred_at} />,
  },
];

export function BreaksCard() {
  const [state, setState] = useState<BreakState>("open");
  const [shown, setShown] = useState<ReconciliationBreak | null>(null);
  const list = useList(lists.breaks(state));
  return (
    <Card>
      <CardHead
        title="Breaks"
        actions={
          <FilterTabs label="State" value={state} options={STATES} onChange={(next) => setState(next)} />
        }
      />
      <Table
        label="Breaks"
        columns={columns}
        list={list}
        rowKey={(row) => row.id}
        renderLink={(row, className) => (
          <button
            type="button"
            className={className}
            onClick={() => setShown(row)}
            aria-label={`${humanize(row.kind)}, ${row.side}`}
          />
        )}
        empty={
          <Empty icon={<CircleCheck className="size-5" />} title={`No ${state} breaks`}>
            {state === "open" && "What may still come is under Late. The rest agrees on all three sides."}
          </Empty>
        }
      />
      {shown && <BreakDrawer row={shown} onClose={() => setShown(null)} />}
    </Card>
  );
}

function BreakDrawer({ row, onClose }: { row: ReconciliationBreak; onClose(): void }) {
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={humanize(row.kind)}
      subtitle={row.side}
      actions={<Badge tone={TONES[row.state]}>{row.state}</Badge>}
    >
      <Part title="What it is about">
        <Facts>
          <Fact name="At stake">
            <Amount amount={row.amount} unit={row.currency} />
          </Fact>
          <Fact name="Account">{row.account_id}</Fact>
          <Fact name="Happened">
            <Time at={row.occurred_at} />
          </Fact>
          {row.org_id && (
            <Fact name="Organization">
              <Id id={row.org_id} />
            </Fact>
          )}
        </Facts>
      </Part>
      <BothSides row={row} />
      {row.note && (
        <Part title="Ended">
          <p className="px-5 text-sm">{row.note}</p>
        </Part>
      )}
      {(row.state === "open" || row.state === "late") && <Resolve row={row} onDone={onClose} />}
    </Drawer>
  );
}

function BothSides({ row }: { row: ReconciliationBreak }) {
  return (
    <Part title="Both sides">
      <Facts>
        <Fact name="Company">
          {row.provider ? (
            <>
              <Amount amount={row.provider.amount_minor} unit={row.provider.currency} />, fee{" "}
              <Amount amount={row.provider.fee_minor} unit={row.provider.currency} />
              <Id id={row.provider.object_id} />
            </>
          ) : (
            "nothing"
          )}
        </Fact>
        <Fact name="Inbox">
          {row.event
            ? `${row.event.state}${row.event.error_code ? `: ${row.event.error_code}` : ""}`
            : "no event"}
        </Fact>
        <Fact name="Ledger">
          {row.ledger.length === 0
            ? "nothing"
            : row.ledger.map((effect) => (
                <span key={`${effect.org_id} ${effect.transaction_id}`} className="block">
                  <Amount amount={effect.amount} unit={effect.unit} />{" "}
                  <code className="font-mono text-xs break-all text-text-2">{effect.reference}</code>
                </span>
              ))}
        </Fact>
        {row.row && (
          <Fact name="Our row">
            {row.row.status}
            <Id id={row.row.id} />
          </Fact>
        )}
      </Facts>
    </Part>
  );
}

function Resolve({ row, onDone }: { row: ReconciliationBreak; onDone(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const resolve = useMutation({
    mutationFn: (body: { action: ReconciliationBreak["action"] | "accept"; note: string }) =>
      api.resolveBreak(row.id, body, intent.keyFor(body)),
    onSuccess: async (after) => {
      intent.done();
      if (after.state === "open" || after.state === "late") toast.warning("Done, and the sides still differ");
      else toast.success(after.state === "accepted" ? "Accepted as it is" : "The sides agree");
      await client.invalidateQueries({ queryKey: ["reconciliation"] });
      onDone();
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const { submitter } = event.nativeEvent as SubmitEvent;
    const note = String(new FormData(event.currentTarget).get("note"));
    const accept = submitter instanceof HTMLButtonElement && submitter.value === "accept";
    resolve.mutate({ action: accept ? "accept" : row.action, note });
  };
  return (
    <Part title="End it">
      <form onSubmit={submit} className="flex flex-col gap-3 px-5 pt-1">
        <TextArea
          label="Note"
          name="note"
          required
          minLength={5}
          maxLength={500}
          rows={2}
          hint="Why, for whoever reads the trail."
        />
        {resolve.error && <Notice tone="bad" title={messageOf(resolve.error)} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button type="submit" value="accept" disabled={resolve.isPending}>
            Accept as it is
          </Button>
          {row.action !== "refund" && (
            <Button type="submit" variant="primary" value={row.action} busy={resolve.isPending}>
              {ACTIONS[row.action]}
            </Button>
          )}
        </div>
      </form>
    </Part>
  );
}
