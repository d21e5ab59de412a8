import { useQuery } from "@tanstack/react-query";
import { KeyRound, Pencil, Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { makePasskey, passkeysWork, wasCancelled } from "../../api/passkeys.ts";
import { asList, queries } from "../../api/queries.ts";
import type { Passkey } from "../../api/types.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button, IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm, Dialog, FormFoot } from "../../ui/dialog.tsx";
import { TextField } from "../../ui/field.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { BackupCodesDialog } from "./backup-codes.tsx";
import { useFactorsChanged } from "./mfa-panel.tsx";
import { useProof } from "./proof.tsx";

type Acts = { rename(passkey: Passkey): void; remove(passkey: Passkey): void };

const columnsWith = ({ rename, remove }: Acts): Column<Passkey>[] => [
  {
    key: "name",
    header: "Name",
    cell: (row) => (
      <span className="flex min-w-0 items-center gap-2">
        <span className="truncate font-medium">{row.name}</span>
        {row.synced && <Badge>Synced</Badge>}
      </span>
    ),
  },
  { key: "added", header: "Added", width: "8rem", from: "sm", cell: (row) => <Time at={row.created_at} /> },
  {
    key: "used",
    header: "Last used",
    width: "8rem",
    from: "md",
    cell: (row) => (row.last_used_at ? <Time at={row.last_used_at} /> : "Never"),
  },
  {
    key: "acts",
    header: <span className="sr-only">Change</span>,
    width: "6rem",
    align: "right",
    cell: (row) => (
      <span className="flex justify-end">
        <IconButton label={`Rename ${row.name}`} className="relative" onClick={() => rename(row)}>
          <Pencil className="size-4" />
        </IconButton>
        <IconButton
          label={`Remove ${row.name}`}
          className="relative hover:!text-bad"
          onClick={() => remove(row)}
        >
          <Trash2 className="size-4" />
        </IconButton>
      </span>
    ),
  },
];

/** The passkeys that open this account. */
export function PasskeysPanel() {
  const list = asList(useQuery(queries.passkeys()));
  const changed = useFactorsChanged();
  const proof = useProof();
  const [naming, setNaming] = useState<Passkey | "new" | null>(null);
  const [removing, setRemoving] = useState<Passkey | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const save = (name: string) => {
    const target = naming;
    setNaming(null);
    return proof.run(async () => {
      if (target === "new") setCodes(await add(name));
      else if (target) await api.renamePasskey(target.id, name);
      changed();
    });
  };
  const remove = (passkey: Passkey) =>
    proof.run(async () => {
      await api.removePasskey(passkey.id);
      toast.success("Passkey removed", { description: passkey.name });
      changed();
    });
  const button = passkeysWork() && (
    <Button size="sm" icon={<Plus className="size-3.5" />} onClick={() => setNaming("new")}>
      Add a passkey
    </Button>
  );
  return (
    <Card aria-label="Passkeys">
      <CardHead
        title="Passkeys"
        note="Sign in with a finger, a face or a PIN. A passkey counts as both steps."
        actions={button}
      />
      <Table
        label="Passkeys"
        columns={columnsWith({ rename: setNaming, remove: setRemoving })}
        list={list}
        rowKey={(row) => row.id}
        skeletonRows={1}
        empty={
          <Empty icon={<KeyRound className="size-5" />} title="No passkeys yet">
            Nobody can guess, phish or reuse one. With it, a password alone no longer opens this account.
          </Empty>
        }
      />
      {naming && <NameDialog passkey={naming} onClose={() => setNaming(null)} onSave={save} />}
      {removing && (
        <Confirm
          open
          danger
          title={`Remove “${removing.name}”?`}
          action="Remove"
          onOpenChange={() => setRemoving(null)}
          onConfirm={() => remove(removing)}
        >
          It no longer opens this account. Your device may go on offering it until you delete it there.
        </Confirm>
      )}
      {codes && <BackupCodesDialog codes={codes} onDone={() => setCodes(null)} />}
      {proof.dialog}
    </Card>
  );
}

/** Makes one on this device; the backup codes when it was the first factor. */
async function add(name: string): Promise<string[] | null> {
  try {
    const { backup_codes } = await makePasskey(name);
    toast.success("Passkey added", { description: name });
    return backup_codes;
  } catch (error) {
    if (wasCancelled(error)) return null;
    throw error;
  }
}

function NameDialog({
  passkey,
  onClose,
  onSave,
}: {
  passkey: Passkey | "new";
  onClose(): void;
  onSave(name: string): Promise<void>;
}) {
  const fresh = passkey === "new";
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    void onSave(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <Dialog open onOpenChange={onClose} title={fresh ? "Add a passkey" : "Rename the passkey"}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          maxLength={100}
          autoComplete="off"
          defaultValue={fresh ? "This device" : passkey.name}
          hint="So that you know it again."
        />
        <FormFoot onCancel={onClose}>{fresh ? "Go on" : "Save"}</FormFoot>
      </form>
    </Dialog>
  );
}
