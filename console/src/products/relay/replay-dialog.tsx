import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { messageOf } from "../../api/problem.ts";
import { relay } from "../../api/relay.ts";
import { formatInteger } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { daysAgo } from "../../lib/series.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Checkbox, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

const DAY_MS = 86_400_000;
const LONGEST_DAYS = 29;

/** Whole UTC days, the last one included. */
export function ReplayDialog({ endpointId, onClose }: { endpointId: string; onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const replay = useMutation({
    mutationFn: (body: { from: string; to: string; only_failed: boolean }) =>
      relay.replay(endpointId, body, intent.keyFor(body)),
    onSuccess: async ({ messages }) => {
      intent.done();
      if (messages === 0) toast.info("Nothing of that time is left to send");
      else toast.success(`${formatInteger(messages)} ${messages === 1 ? "message" : "messages"} on the way`);
      onClose();
      await client.invalidateQueries({ queryKey: ["relay"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const end = new Date(Date.parse(`${String(form.get("to"))}T00:00:00Z`) + DAY_MS);
    replay.mutate({
      from: `${String(form.get("from"))}T00:00:00Z`,
      to: end.toISOString(),
      only_failed: form.has("only_failed"),
    });
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Send once more"
      about="What this endpoint was told on these days, with the ids it had: a receiver that keeps them sees each once."
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <div className="grid grid-cols-2 gap-3">
          <TextField
            label="First day"
            name="from"
            type="date"
            required
            min={daysAgo(LONGEST_DAYS)}
            defaultValue={daysAgo(1)}
          />
          <TextField label="Last day" name="to" type="date" required defaultValue={daysAgo(0)} />
        </div>
        <Checkbox
          name="only_failed"
          defaultChecked
          label="Only what failed"
          note="Off: what was delivered is sent again too."
        />
        {replay.error && <Notice tone="bad" title={messageOf(replay.error)} />}
        <Button type="submit" variant="primary" busy={replay.isPending} className="self-end">
          Send
        </Button>
      </form>
    </Dialog>
  );
}
