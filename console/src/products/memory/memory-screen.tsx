import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Brain, Download, Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { memory, memoryQueries, type Memory } from "../../api/memory.ts";
import { messageOf } from "../../api/problem.ts";
import { useList } from "../../api/queries.ts";
import { formatInteger } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { FilterField, FilterSelect } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { ChoiceCard } from "./choice-card.tsx";
import { MemoryDialog } from "./memory-dialog.tsx";

const KINDS = { fact: "Fact", preference: "Preference" } as const;

const columns = (remove: (fact: Memory) => void): Column<Memory>[] => [
  {
    key: "text",
    header: "What is remembered",
    cell: (row) => (
      <span className="block py-2 break-words whitespace-normal">
        {row.text}
        {row.project_id !== null && (
          <span className="block truncate text-2xs text-text-3">Project {row.project_id}</span>
        )}
      </span>
    ),
  },
  {
    key: "kind",
    header: "Kind",
    width: "6.5rem",
    from: "sm",
    cell: (row) => <Badge tone={row.kind === "fact" ? "neutral" : "accent"}>{KINDS[row.kind]}</Badge>,
  },
  {
    key: "source",
    header: "From",
    width: "6rem",
    from: "lg",
    cell: (row) => (row.source === "said" ? "A call" : "You"),
  },
  {
    key: "importance",
    header: "Weight",
    width: "5rem",
    align: "right",
    from: "md",
    cell: (row) => row.importance.toFixed(2),
  },
  {
    key: "used",
    header: "Last used",
    width: "8rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.used_at} />,
  },
  {
    key: "act",
    header: <span className="sr-only">Act</span>,
    width: "6rem",
    align: "right",
    cell: (row) => (
      // Above the link that covers the row.
      <Button size="sm" className="relative" aria-label={`Delete: ${row.text}`} onClick={() => remove(row)}>
        Delete
      </Button>
    ),
  },
];

/** What is remembered of whoever is signed in. */
export function MemoryScreen() {
  const [editing, setEditing] = useState<Memory | "new" | null>(null);
  return (
    <Page
      title="Memory"
      about="What your model calls know of you: what you said in them and what you write down. Nobody else sees it, and nobody else's calls use it."
      actions={
        <>
          <DownloadButton />
          <Button variant="primary" icon={<Plus className="size-4" />} onClick={() => setEditing("new")}>
            Write down
          </Button>
        </>
      }
    >
      <ChoiceCard />
      <Facts onEdit={setEditing} />
      {editing && (
        <MemoryDialog known={editing === "new" ? null : editing} onClose={() => setEditing(null)} />
      )}
    </Page>
  );
}

function Facts({ onEdit }: { onEdit(fact: Memory): void }) {
  const [search, setSearch] = useState("");
  const [kind, setKind] = useState<Memory["kind"] | undefined>();
  const [removing, setRemoving] = useState<Memory | "all" | null>(null);
  const list = useList(memoryQueries.list({ q: search.trim() || undefined, kind }));
  const filtered = search.trim() !== "" || kind !== undefined;
  return (
    <Card>
      <CardHead
        title="Remembered"
        actions={
          <div className="flex flex-wrap items-center gap-2">
            <FilterField
              label="Search"
              placeholder="Words in it"
              maxLength={200}
              value={search}
              onChange={({ target }) => setSearch(target.value)}
            />
            <FilterSelect
              label="Kind"
              value={kind ?? ""}
              onChange={({ target: { value } }) =>
                setKind(value === "fact" || value === "preference" ? value : undefined)
              }
            >
              <option value="">All kinds</option>
              <option value="fact">Facts</option>
              <option value="preference">Preferences</option>
            </FilterSelect>
            {(list.rows?.length ?? 0) > 0 && (
              <Button size="sm" onClick={() => setRemoving("all")}>
                Delete all
              </Button>
            )}
          </div>
        }
      />
      <Table
        label="Remembered"
        columns={columns(setRemoving)}
        list={list}
        rowKey={(row) => row.id}
        skeletonRows={4}
        renderLink={(row, className) => (
          <button
            type="button"
            className={className}
            aria-label={`Correct: ${row.text}`}
            onClick={() => onEdit(row)}
          />
        )}
        empty={
          <Empty
            icon={<Brain className="size-5" />}
            title={filtered ? "Nothing like that is remembered" : "Nothing is remembered"}
          >
            {filtered
              ? "Search for other words."
              : "Write something down, or turn it on and talk to a model."}
          </Empty>
        }
      />
      <Removing what={removing} onClose={() => setRemoving(null)} />
    </Card>
  );
}

/** Asks before something is forgotten for good. */
function Removing({ what, onClose }: { what: Memory | "all" | null; onClose(): void }) {
  const client = useQueryClient();
  const remove = async () => {
    if (what === "all") {
      const { deleted } = await memory.clear();
      toast.success(`Forgotten: ${formatInteger(deleted)}`);
    } else if (what) {
      await memory.remove(what.id);
      toast.success("Forgotten");
    }
    await client.invalidateQueries({ queryKey: ["memory", "list"] });
  };
  return (
    <Confirm
      open={what !== null}
      onOpenChange={onClose}
      title={what === "all" ? "Forget everything?" : "Forget this?"}
      action="Delete"
      danger
      onConfirm={remove}
    >
      {what === "all"
        ? "All that is remembered of you in this organization goes, with its earlier versions."
        : `“${what?.text ?? ""}” goes, with its earlier versions.`}
    </Confirm>
  );
}

/** Everything that is kept, with what it said before, as a file. */
function DownloadButton() {
  const download = useMutation({
    mutationFn: memory.all,
    onSuccess(versions) {
      const url = URL.createObjectURL(
        new Blob([JSON.stringify(versions, null, 2)], { type: "application/json" }),
      );
      Object.assign(document.createElement("a"), { href: url, download: "memory.json" }).click();
      URL.revokeObjectURL(url);
    },
    onError: (error) => toast.error(messageOf(error)),
  });
  return (
    <Button
      icon={<Download className="size-4" />}
      busy={download.isPending}
      onClick={() => download.mutate()}
    >
      Download
    </Button>
  );
}
