import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { useIntent } from "../../lib/intent.ts";
import { daysAgo } from "../../lib/series.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Props = { open: boolean; onOpenChange(open: boolean): void; accounts: readonly string[] };
const DAY_MS = 86_400_000;

/** Whole UTC days, the last one included. */
export function RunDialog({ open, onOpenChange, accounts }: Props) {
  const client = useQueryClient();
  const intent = useIntent();
  const start = useMutation({
    mutationFn: (body: { account_id: string; from: string; to: string }) =>
      api.startReconciliationRun(body, intent.keyFor(body)),
    onSuccess: async () => {
      intent.done();
      toast.success("The comparison has begun");
      onOpenChange(false);
      await client.invalidateQueries({ queryKey: ["reconciliation"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const end = new Date(Date.parse(`${String(form.get("to"))}T00:00:00Z`) + DAY_MS);
    start.mutate({
      account_id: String(form.get("account_id")),
      from: `${String(form.get("from"))}T00:00:00Z`,
      to: end.toISOString(),
    });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Compare the books"
      about="Reads what the company booked on these days and sets it beside the inbox and the ledger. At most 31 days."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <SelectField label="Account" name="account_id">
          {accounts.map((account) => (
            <option key={account}>{account}</option>
          ))}
        </SelectField>
        <div className="grid grid-cols-2 gap-3">
          <TextField label="First day" name="from" type="date" required defaultValue={daysAgo(1)} />
          <TextField label="Last day" name="to" type="date" required defaultValue={daysAgo(0)} />
        </div>
        {start.error && <Notice tone="bad" title={messageOf(start.error)} />}
        <Button type="submit" variant="primary" busy={start.isPending} className="self-end">
          Compare
        </Button>
      </form>
    </Dialog>
  );
}
