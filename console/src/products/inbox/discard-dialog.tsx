import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { DeadGroup } from "../../api/types.ts";
import { formatInteger } from "../../lib/format.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

/** Events of one act at most. */
const MOST = 1_000;
const PAGE = 100;

/** The group's dead events, the newest first. */
async function idsOf(group: DeadGroup): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await api.events({
      limit: PAGE,
      cursor,
      state: "dead",
      type: group.type,
      error_code: group.error_code ?? undefined,
    });
    ids.push(...page.data.map((row) => row.id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && ids.length < MOST);
  return ids.slice(0, MOST);
}

/** Gives up the events of a group, for a reason that is kept with each. */
export function DiscardDialog({ group, onClose }: { group: DeadGroup; onClose(): void }) {
  const client = useQueryClient();
  const intent = useIntent();
  const discard = useMutation({
    mutationFn: async (reason: string) => {
      const ids = await idsOf(group);
      return api.discardEvents(ids, reason, intent.keyFor([ids, reason]));
    },
    onSuccess: async ({ discarded }) => {
      intent.done();
      toast.success(`${formatInteger(discarded)} ${discarded === 1 ? "event" : "events"} discarded`);
      onClose();
      await client.invalidateQueries({ queryKey: ["dead-letters"] });
      await client.invalidateQueries({ queryKey: ["events"] });
    },
  });
  const problem = discard.error instanceof ApiError ? discard.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    discard.mutate(String(new FormData(event.currentTarget).get("reason")).trim());
  };
  const count = Math.min(group.count, MOST);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Discard ${formatInteger(count)} dead ${count === 1 ? "event" : "events"}?`}
      about={`${group.type}, ${group.error_code ?? "unknown"}. They are ignored from now on; each can still be replayed while its bytes are kept.`}
    >
      <form onSubmit={submit} className="flex flex-col gap-3">
        <TextArea
          label="Reason"
          name="reason"
          required
          minLength={5}
          maxLength={500}
          rows={3}
          hint="Kept with the events and in the audit trail."
          error={problem?.fieldError("reason")}
        />
        {discard.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(discard.error)} />}
        <Button type="submit" variant="danger" busy={discard.isPending} className="self-end">
          Discard
        </Button>
      </form>
    </Dialog>
  );
}
