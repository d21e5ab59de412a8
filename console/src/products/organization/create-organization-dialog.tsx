import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api } from "../../api/operations.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { useIntent } from "../../lib/intent.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";

/** Makes an organization and goes there. */
export function CreateOrganizationDialog({ onClose }: { onClose(): void }) {
  const intent = useIntent();
  const [slug, setSlug] = useState<string | null>(null);
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: async (input: { name: string; slug: string }) => {
      const { id } = await api.createOrganization(input, intent.keyFor(input));
      await api.switchOrganization(id);
    },
    onSuccess: () => location.assign("/"),
  });
  const problem = create.error instanceof ApiError ? create.error : null;
  const shown = slug ?? slugOf(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ name: name.trim(), slug: shown });
  };
  return (
    <Dialog open onOpenChange={onClose} title="New organization" about="You own it, and go there at once.">
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          required
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.target.value)}
          error={problem?.fieldError("name")}
        />
        <TextField
          label="Slug"
          required
          pattern="[a-z0-9\-]{3,63}"
          value={shown}
          onChange={(event) => setSlug(event.target.value)}
          hint="3 to 63 small letters, digits and hyphens"
          error={problem?.fieldError("slug") ?? (problem?.code === "slug_taken" ? problem.title : undefined)}
        />
        {create.error && problem?.fields.length === 0 && problem.code !== "slug_taken" && (
          <Notice tone="bad" title={messageOf(create.error)} />
        )}
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create
        </Button>
      </form>
    </Dialog>
  );
}

const slugOf = (name: string): string =>
  name
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
