import { useQueryClient } from "@tanstack/react-query";
import { MailPlus, Trash2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { lists, useList } from "../../api/queries.ts";
import type { Invitation } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { IconButton } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";

export function InvitationsCard() {
  const client = useQueryClient();
  const list = useList(lists.invitations());
  const [leaving, setLeaving] = useState<Invitation | null>(null);
  const refresh = () => client.invalidateQueries({ queryKey: ["team"] });
  const resend = (row: Invitation) =>
    void api.resendInvitation(row.id).then(
      () => {
        toast.success("Sent again", { description: row.email });
        return refresh();
      },
      (error: unknown) => toast.error(messageOf(error)),
    );
  return (
    <Card>
      <CardHead title="Invitations" note="Those that nobody has accepted yet" />
      <Table
        label="Invitations"
        columns={columnsWith(resend, setLeaving)}
        list={list}
        rowKey={(row) => row.id}
        skeletonRows={2}
        empty={<Empty icon={<MailPlus className="size-5" />} title="No invitation waits" />}
      />
      {leaving && (
        <Confirm
          open
          danger
          title={`Withdraw the invitation of ${leaving.email}?`}
          action="Withdraw"
          onOpenChange={() => setLeaving(null)}
          onConfirm={() => api.withdrawInvitation(leaving.id).then(refresh)}
        >
          The link in their mail stops working.
        </Confirm>
      )}
    </Card>
  );
}

const columnsWith = (
  onResend: (row: Invitation) => void,
  onWithdraw: (row: Invitation) => void,
): Column<Invitation>[] => [
  {
    key: "email",
    header: "E-mail",
    cell: (row) => <Stacked note={humanize(row.role)}>{row.email}</Stacked>,
  },
  {
    key: "role",
    header: "Role",
    width: "6rem",
    from: "sm",
    cell: (row) => <Badge>{humanize(row.role)}</Badge>,
  },
  {
    key: "expires",
    header: "Good until",
    width: "8rem",
    align: "right",
    from: "sm",
    cell: (row) =>
      new Date(row.expires_at) > new Date() ? (
        <Time at={row.expires_at} />
      ) : (
        <Badge tone="warn">Ran out</Badge>
      ),
  },
  {
    key: "acts",
    header: <span className="sr-only">Acts</span>,
    width: "6rem",
    align: "right",
    cell: (row) => (
      <>
        <IconButton label={`Send to ${row.email} again`} onClick={() => onResend(row)}>
          <MailPlus className="size-4" />
        </IconButton>
        <IconButton
          label={`Withdraw ${row.email}`}
          className="hover:!text-bad"
          onClick={() => onWithdraw(row)}
        >
          <Trash2 className="size-4" />
        </IconButton>
      </>
    ),
  },
];
