import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { books } from "../../api/books.ts";
import { messageOf } from "../../api/problem.ts";
import type { ListedAdjustment } from "../../api/types.ts";
import { formatExact } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { useMe } from "../../shell/session.tsx";
import { Amount, Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Notice } from "../../ui/states.tsx";
import { unitName } from "../ledger/entries.ts";
import { AdjustmentStateBadge } from "./adjustment-state.tsx";

export function AdjustmentDrawer({ row, onClose }: { row: ListedAdjustment; onClose(): void }) {
  return (
    <Drawer
      open
      onOpenChange={(open) => !open && onClose()}
      title={row.type === "grant" ? "Gift" : "Correction"}
      subtitle={<Id id={row.id} full />}
      actions={<AdjustmentStateBadge state={row.state} />}
    >
      <Part title="What was asked for">
        <Facts>
          <Fact name="Amount">
            <Amount amount={row.amount} unit={row.unit} signed={row.type === "adjustment"} />{" "}
            {row.unit === "credit" && unitName(row.unit)}
          </Fact>
          <Fact name="Organization">
            {row.organization}
            <Id id={row.org_id} />
          </Fact>
          <Fact name="Mode">{row.mode}</Fact>
          {row.type === "grant" && (
            <Fact name="Expires">{row.expires_at ? formatExact(row.expires_at) : "never"}</Fact>
          )}
          <Fact name="Reason">{row.reason}</Fact>
          <Fact name="Asked by">
            {row.requested_by_name ?? <Id id={row.requested_by} />}, <Time at={row.requested_at} />
          </Fact>
          {row.decided_by && (
            <Fact name={row.state === "rejected" ? "Rejected by" : "Posted by"}>
              {row.decided_by === row.requested_by ? (
                (row.requested_by_name ?? <Id id={row.decided_by} />)
              ) : (
                <Id id={row.decided_by} />
              )}
              <Time at={row.decided_at} />
            </Fact>
          )}
        </Facts>
      </Part>
      {row.state === "pending" && <Decide row={row} onDone={onClose} />}
    </Drawer>
  );
}

function Decide({ row, onDone }: { row: ListedAdjustment; onDone(): void }) {
  const own = useMe().user.id === row.requested_by;
  const client = useQueryClient();
  const intent = useIntent();
  const decide = useMutation({
    mutationFn: (approve: boolean) => books.decide(row, approve, intent.keyFor([row.id, approve])),
    onSuccess: async ({ state }) => {
      intent.done();
      toast.success(state === "posted" ? "Approved and posted" : own ? "Taken back" : "Rejected");
      onDone();
      await client.invalidateQueries({ queryKey: ["books"] });
    },
  });
  return (
    <Part title="Decide">
      <div className="flex flex-col gap-3 px-5 pt-1">
        {own && (
          <Notice tone="info" title="You asked for this">
            Another operator must approve it. You may take it back.
          </Notice>
        )}
        {decide.error && <Notice tone="bad" title={messageOf(decide.error)} />}
        <div className="flex flex-wrap justify-end gap-2">
          <Button
            busy={decide.isPending && !decide.variables}
            disabled={decide.isPending}
            onClick={() => decide.mutate(false)}
          >
            {own ? "Take it back" : "Reject"}
          </Button>
          {!own && (
            <Button
              variant="primary"
              busy={decide.isPending && decide.variables}
              disabled={decide.isPending}
              onClick={() => decide.mutate(true)}
            >
              Approve
            </Button>
          )}
        </div>
      </div>
    </Part>
  );
}
