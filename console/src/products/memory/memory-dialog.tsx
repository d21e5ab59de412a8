import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { memory, type Memory, type NewMemoryInput } from "../../api/memory.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { useIntent } from "../../lib/intent.ts";
import { Dialog, FormFoot } from "../../ui/dialog.tsx";
import { SelectField, TextArea, TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

type Props = { known: Memory | null; onClose(): void };

/** Writes something down, or corrects it. */
export function MemoryDialog({ known, onClose }: Props) {
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={known ? "Correct it" : "Write it down"}
      about={
        known
          ? "What it said before stays in your export until you delete it."
          : "Your own calls are told of it where it matters. Keys, passwords and card numbers are not kept."
      }
    >
      <MemoryForm known={known} onClose={onClose} />
    </Dialog>
  );
}

function wordsOf(form: FormData): NewMemoryInput {
  const project = String(form.get("project") ?? "").trim();
  return {
    text: String(form.get("text")).trim(),
    kind: form.get("kind") === "preference" ? "preference" : "fact",
    ...(project && { project_id: project }),
  };
}

function MemoryForm({ known, onClose }: Props) {
  const client = useQueryClient();
  const intent = useIntent();
  const save = useMutation({
    mutationFn: async (input: NewMemoryInput) => {
      if (known) await memory.change(known.id, { text: input.text, ...(input.kind && { kind: input.kind }) });
      else await memory.add(input, intent.keyFor(input));
    },
    onSuccess: async () => {
      toast.success(known ? "Corrected" : "Written down");
      await client.invalidateQueries({ queryKey: ["memory", "list"] });
      onClose();
    },
  });
  const problem = save.error instanceof ApiError ? save.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(wordsOf(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextArea
        label="What your calls are to know"
        name="text"
        rows={3}
        maxLength={200}
        required
        defaultValue={known?.text ?? ""}
        hint="One sentence, 200 characters at most"
        error={problem?.fieldError("text")}
      />
      <SelectField label="It is" name="kind" defaultValue={known?.kind ?? "fact"}>
        <option value="fact">A fact about you</option>
        <option value="preference">How you want to be answered</option>
      </SelectField>
      {!known && (
        <TextField
          label="Project"
          name="project"
          maxLength={64}
          autoComplete="off"
          hint="Left empty: of all your calls outside of projects' own memories"
          error={problem?.fieldError("project_id")}
        />
      )}
      {save.error && !problem?.fields.length && <Notice tone="bad" title={messageOf(save.error)} />}
      <FormFoot onCancel={onClose} busy={save.isPending}>
        {known ? "Save" : "Write down"}
      </FormFoot>
    </form>
  );
}
