import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import type { Me, Member, MemberChange, Role } from "../../api/types.ts";
import { humanize } from "../../lib/format.ts";
import { useMe } from "../../shell/session.tsx";
import { Time } from "../../ui/amounts.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Confirm, Drawer } from "../../ui/dialog.tsx";
import { FilterSelect, SelectField } from "../../ui/field.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { assignable, GROUPS, manages } from "./permissions.ts";

type Props = { member: Member; onClose(): void };

export function MemberDrawer({ member, onClose }: Props) {
  const me = useMe();
  const self = member.user_id === me.user.id;
  const mayChange = me.permissions.includes("team.manage") && manages(me.role, member.role);
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={member.full_name}
      subtitle={member.email}
      actions={<Badge tone={member.role === "owner" ? "accent" : "neutral"}>{humanize(member.role)}</Badge>}
    >
      <Part title="Membership">
        <Facts>
          <Fact name="Since">
            <Time at={member.created_at} />
          </Fact>
        </Facts>
      </Part>
      {mayChange && <RolePart me={me} member={member} />}
      {mayChange && member.role !== "owner" && <OverridesPart me={me} member={member} />}
      {(self || mayChange) && <EndPart member={member} self={self} onClose={onClose} />}
    </Drawer>
  );
}

function useChange({ user_id: id }: Member) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: MemberChange) => api.changeMember(id, change),
    onSuccess: () => client.invalidateQueries({ queryKey: ["team"] }),
    onError: (error) => toast.error(messageOf(error)),
  });
}

function RolePart({ me, member }: { me: Me; member: Member }) {
  const change = useChange(member);
  return (
    <Part title="Role">
      <SelectField
        label="Role"
        value={member.role}
        disabled={change.isPending}
        hint="Counts with their next call. They are told by mail."
        onChange={(event) => change.mutate({ role: event.target.value as Role })}
      >
        {assignable(me.role).map(({ role, about }) => (
          <option key={role} value={role}>
            {humanize(role)}: {about}
          </option>
        ))}
      </SelectField>
    </Part>
  );
}

function OverridesPart({ me, member }: { me: Me; member: Member }) {
  const change = useChange(member);
  const decide = (name: string, value: string) =>
    change.mutate({ overrides: { [name]: value === "role" ? null : value === "granted" } });
  return (
    <Part title="Permissions apart from the role">
      {GROUPS.map(({ label, names }) => (
        <fieldset key={label} className="mb-3">
          <legend className="pb-1 text-xs font-semibold text-text-3">{label}</legend>
          <ul className="divide-y divide-line">
            {names.map((name) => {
              const decided = member.overrides[name];
              return (
                <li key={name} className="flex items-center gap-3 py-1">
                  <code className="min-w-0 flex-1 truncate text-xs">{name}</code>
                  <FilterSelect
                    label={name}
                    value={decided === undefined ? "role" : decided ? "granted" : "denied"}
                    disabled={change.isPending || !me.permissions.includes(name)}
                    onChange={(event) => decide(name, event.target.value)}
                  >
                    <option value="role">By role</option>
                    <option value="granted">Granted</option>
                    <option value="denied">Denied</option>
                  </FilterSelect>
                </li>
              );
            })}
          </ul>
        </fieldset>
      ))}
    </Part>
  );
}

function EndPart({ member, self, onClose }: Props & { self: boolean }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const end = async () => {
    await api.removeMember(member.user_id);
    if (self) return location.assign("/");
    toast.success("Removed", { description: member.full_name });
    await client.invalidateQueries({ queryKey: ["team"] });
    onClose();
  };
  return (
    <div className="p-5">
      <Button variant="danger" size="sm" onClick={() => setAsking(true)}>
        {self ? "Leave the organization" : "Remove from the organization"}
      </Button>
      {asking && (
        <Confirm
          open
          danger
          title={self ? "Leave this organization?" : `Remove ${member.full_name}?`}
          action={self ? "Leave" : "Remove"}
          onOpenChange={setAsking}
          onConfirm={end}
        >
          {self ? "Your" : "Their"} personal API keys end at once; service keys stay.
        </Confirm>
      )}
    </div>
  );
}
