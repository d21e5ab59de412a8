import { useQuery } from "@tanstack/react-query";
import { CircleHelp, UserPlus, Users } from "lucide-react";
import { useState } from "react";
import { lists, queries, useList } from "../../api/queries.ts";
import type { Member } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { useMe } from "../../shell/session.tsx";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead, Stat, Stats } from "../../ui/card.tsx";
import { FilterField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Stacked, Table } from "../../ui/table.tsx";
import { ExplainDialog } from "./explain-dialog.tsx";
import { InvitationsCard } from "./invitations-card.tsx";
import { InviteDialog } from "./invite-dialog.tsx";
import { MemberDrawer } from "./member-drawer.tsx";
import { decidedApart } from "./permissions.ts";

export function TeamScreen() {
  const me = useMe();
  const manages = me.permissions.includes("team.manage");
  const [search, setSearch] = useState("");
  const [inviting, setInviting] = useState(false);
  const [explaining, setExplaining] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const list = useList(lists.members(search.trim() || undefined));
  const member = list.rows?.find(({ user_id: id }) => id === chosen);
  const actions = manages && (
    <>
      <Button icon={<CircleHelp className="size-4" />} onClick={() => setExplaining(true)}>
        Explain access
      </Button>
      <Button variant="primary" icon={<UserPlus className="size-4" />} onClick={() => setInviting(true)}>
        Invite
      </Button>
    </>
  );
  return (
    <Page
      title="Team"
      about={`Who works in ${me.organization.name}, and what each may do.`}
      actions={actions}
    >
      {manages && <Seats />}
      <Card>
        <CardHead
          title="Members"
          actions={
            <FilterField
              label="Search members"
              placeholder="Name or address"
              maxLength={100}
              value={search}
              onChange={(event) => setSearch(event.target.value)}
            />
          }
        />
        <Table
          label="Members"
          columns={columnsOf(me.user.id)}
          list={list}
          rowKey={(row) => row.user_id}
          renderLink={(row, className) => (
            <button
              type="button"
              className={className}
              aria-label={`Open ${row.full_name}`}
              onClick={() => setChosen(row.user_id)}
            />
          )}
          skeletonRows={3}
          empty={<Empty icon={<Users className="size-5" />} title="Nobody by that name" />}
        />
      </Card>
      {manages && <InvitationsCard />}
      <InviteDialog open={inviting} onOpenChange={setInviting} />
      {explaining && <ExplainDialog members={list.rows ?? []} onClose={() => setExplaining(false)} />}
      {member && <MemberDrawer member={member} onClose={() => setChosen(null)} />}
    </Page>
  );
}

function Seats() {
  const { data } = useQuery(queries.licenses());
  if (!data) return null;
  return (
    <Stats>
      <Stat label="Seats" value={data.seats} />
      <Stat label="Members" value={data.used} />
      <Stat label="Invited" value={data.pending} />
      <Stat label="Free" value={Math.max(0, data.seats - data.used - data.pending)} />
    </Stats>
  );
}

const columnsOf = (ownId: string): Column<Member>[] => [
  {
    key: "name",
    header: "Name",
    cell: (row) => (
      <Stacked note={row.email}>
        <span className="font-medium">{row.full_name}</span>
        {row.user_id === ownId && <span className="text-text-3"> (you)</span>}
      </Stacked>
    ),
  },
  { key: "email", header: "E-mail", from: "sm", cell: (row) => row.email },
  {
    key: "role",
    header: "Role",
    width: "6rem",
    cell: (row) => <Badge tone={row.role === "owner" ? "accent" : "neutral"}>{humanize(row.role)}</Badge>,
  },
  {
    key: "apart",
    header: "Decided apart",
    width: "8rem",
    from: "md",
    cell: (row) => (decidedApart(row) ? `${decidedApart(row)} permissions` : "–"),
  },
  {
    key: "since",
    header: "Since",
    width: "7rem",
    align: "right",
    from: "md",
    cell: (row) => <Time at={row.created_at} />,
  },
];
