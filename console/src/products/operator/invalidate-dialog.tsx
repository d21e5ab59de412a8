import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextArea } from "../../ui/field.tsx";
import { useProof } from "../security/proof.tsx";

const MAX_TAGS = 20;
const TAG = /^[a-z_]+(:[A-Za-z0-9_.-]+)?$/;

/** Drops what bears the given tags in every process. */
export function InvalidateDialog({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange(open: boolean): void;
}) {
  const client = useQueryClient();
  const proof = useProof();
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const tags = String(new FormData(event.currentTarget).get("tags"))
      .split(/[\s,]+/)
      .filter(Boolean);
    const wrong = tags.find((tag) => !TAG.test(tag));
    if (wrong) return setError(`${wrong} is no tag`);
    if (tags.length === 0 || tags.length > MAX_TAGS) return setError(`Name 1 to ${MAX_TAGS} tags`);
    setError(undefined);
    void proof.run(async () => {
      await api.invalidateCache(tags);
      toast.success(tags.length === 1 ? "1 tag dropped" : `${tags.length} tags dropped`);
      onOpenChange(false);
      await client.invalidateQueries({ queryKey: ["cache"] });
    });
  };
  return (
    <>
      <Dialog
        open={open}
        onOpenChange={onOpenChange}
        title="Invalidate by tag"
        about="What bears one of these tags is loaded anew in every process. Nothing is lost but time."
      >
        <form onSubmit={submit} className="flex flex-col gap-4">
          <TextArea
            label="Tags"
            name="tags"
            rows={3}
            required
            autoComplete="off"
            spellCheck={false}
            placeholder="organization:org_… user:usr_…"
            hint="One or more, up to 20. An organization's tag takes its users' with it."
            error={error}
          />
          <div className="flex justify-end gap-2">
            <Button onClick={() => onOpenChange(false)}>Cancel</Button>
            <Button type="submit" variant="primary">
              Invalidate
            </Button>
          </div>
        </form>
      </Dialog>
      {proof.dialog}
    </>
  );
}
