import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";
import { proof } from "../../api/proof.ts";
import { useIntent } from "../../lib/intent.ts";
import { daysAgo } from "../../lib/series.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const DAYS_BACK = 30;

export function ProofDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const start = useMutation({
    mutationFn: (body: { day: string }) => proof.start(body, intent.keyFor(body)),
    onSuccess: async () => {
      intent.done();
      toast.success("The proof has begun");
      onOpenChange(false);
      await client.invalidateQueries({ queryKey: ["proof"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    start.mutate({ day: String(new FormData(event.currentTarget).get("day")) });
  };
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Prove a day"
      about="Compares what the model calls of a UTC day cost, once more. What agrees by now ends its break."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextField
          label="Day"
          name="day"
          type="date"
          required
          min={daysAgo(DAYS_BACK)}
          max={daysAgo(1)}
          defaultValue={daysAgo(1)}
          hint="One of the last 30 UTC days that have ended."
        />
        {start.error && <Notice tone="bad" title={messageOf(start.error)} />}
        <Button type="submit" variant="primary" busy={start.isPending} className="self-end">
          Prove
        </Button>
      </form>
    </Dialog>
  );
}
