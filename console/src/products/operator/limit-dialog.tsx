import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import type { LimitClass } from "../../api/types.ts";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { useProof } from "../security/proof.tsx";

export type LimitDraft = { subject: string; class: string };

/** Gives one subject a limit of its own in one class. */
export function LimitDialog({
  draft,
  classes,
  onClose,
}: {
  draft: LimitDraft;
  classes: readonly LimitClass[];
  onClose(): void;
}) {
  const client = useQueryClient();
  const proof = useProof();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { limit: Number(form.get("limit")), window_s: Number(form.get("window_s")) };
    void proof.run(async () => {
      await api.setRateLimit(String(form.get("subject")).trim(), String(form.get("class")), body);
      toast.success("Limit set");
      onClose();
      await client.invalidateQueries({ queryKey: ["rate-limits"] });
    });
  };
  const now = classes.find(({ class: name }) => name === draft.class)?.windows[0];
  return (
    <>
      <Dialog
        open
        onOpenChange={onClose}
        title="Set a limit"
        about="For one subject in one class, in place of the class's own. It holds in every process at once."
      >
        <form onSubmit={submit} className="flex flex-col gap-4">
          <TextField
            label="Subject"
            name="subject"
            required
            maxLength={128}
            autoComplete="off"
            spellCheck={false}
            defaultValue={draft.subject}
            placeholder="usr_… key_… org_… or a network"
          />
          <SelectField label="Class" name="class" defaultValue={draft.class}>
            {classes.map(({ class: name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </SelectField>
          <Size now={now} />
          <FormFoot onCancel={onClose}>Set limit</FormFoot>
        </form>
      </Dialog>
      {proof.dialog}
    </>
  );
}

function Size({ now }: { now: LimitClass["windows"][number] | undefined }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="Requests"
        name="limit"
        type="number"
        min={1}
        max={1_000_000}
        required
        defaultValue={now?.limit ?? 100}
      />
      <TextField
        label="Within seconds"
        name="window_s"
        type="number"
        min={1}
        max={86_400}
        required
        defaultValue={now?.window_s ?? 60}
      />
    </div>
  );
}
