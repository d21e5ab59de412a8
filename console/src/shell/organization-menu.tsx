import { useQueryClient } from "@tanstack/react-query";
import { Building2, ChevronsUpDown, LogOut, Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { messageOf } from "../api/problem.ts";
import { api } from "../api/operations.ts";
import { humanize } from "../lib/format.ts";
import { CreateOrganizationDialog } from "../products/organization/create-organization-dialog.tsx";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../ui/menu.tsx";
import { useMe } from "./session.tsx";

/** Which organization this is, the others, and the way out. */
export function OrganizationMenu() {
  const me = useMe();
  const client = useQueryClient();
  const [creating, setCreating] = useState(false);
  const reload = () => location.assign("/");
  const leave = async () => {
    await api.logout();
    client.clear();
    location.assign("/sign-in");
  };
  const attempt = (act: () => Promise<unknown>) =>
    void act().catch((error: unknown) => toast.error(messageOf(error)));
  const trigger = (
    <button
      type="button"
      className="flex w-full items-center gap-2.5 rounded-lg border border-line bg-surface px-2.5 py-1.5 text-left shadow-card hover:bg-hover"
    >
      <span
        aria-hidden
        className="flex size-7 shrink-0 items-center justify-center rounded-md bg-accent-soft text-xs font-semibold text-accent"
      >
        {me.organization.name.charAt(0).toUpperCase()}
      </span>
      <span className="min-w-0 flex-1">
        <span className="block truncate text-sm font-medium">{me.organization.name}</span>
        <span className="block truncate text-2xs text-text-3">{humanize(me.role)}</span>
      </span>
      <ChevronsUpDown aria-hidden className="size-3.5 shrink-0 text-text-3" />
    </button>
  );
  const dialog = creating && <CreateOrganizationDialog onClose={() => setCreating(false)} />;
  return (
    <>
      <Menu trigger={trigger} align="start">
        <MenuLabel>Organizations</MenuLabel>
        {me.organizations.map(({ id, name }) => (
          <MenuItem
            key={id}
            icon={<Building2 />}
            checked={id === me.organization.id}
            onSelect={() => attempt(() => api.switchOrganization(id).then(reload))}
          >
            {name}
          </MenuItem>
        ))}
        <MenuItem icon={<Plus />} onSelect={() => setCreating(true)}>
          New organization…
        </MenuItem>
        <MenuLine />
        <MenuLabel>{me.user.email}</MenuLabel>
        <MenuItem icon={<LogOut />} onSelect={() => attempt(leave)}>
          Sign out
        </MenuItem>
      </Menu>
      {dialog}
    </>
  );
}
