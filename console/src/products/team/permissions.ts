import type { Member, Permission, Role } from "../../api/types.ts";

export const ROLES: readonly { role: Role; about: string }[] = [
  { role: "owner", about: "Everything, and billing" },
  { role: "admin", about: "People, settings, everyone's keys" },
  { role: "agent", about: "Works with customers, calls models" },
  { role: "viewer", about: "Looks on" },
];

const RANK: Record<Role, number> = { viewer: 1, agent: 2, admin: 3, owner: 4 };

/** Roles that somebody of this role may give. */
export const assignable = (role: Role) => ROLES.filter((each) => RANK[each.role] <= RANK[role]);

/** Strictly lower ranks are managed; owners manage each other. */
export const manages = (own: Role, other: Role): boolean => own === "owner" || RANK[own] > RANK[other];

/** What somebody may do, as the team's screens group it. */
export const GROUPS: readonly { label: string; names: readonly Exclude<Permission, Product>[] }[] = [
  {
    label: "Look",
    names: [
      "conversations.view",
      "contacts.view",
      "templates.view",
      "analytics.view",
      "settings.view",
      "jobs.view",
      "studio.view",
      "audit.view",
      "billing.view",
    ],
  },
  {
    label: "Work",
    names: [
      "conversations.manage",
      "contacts.manage",
      "templates.use",
      "api_keys.own",
      "gateway.use",
      "studio.build",
    ],
  },
  {
    label: "Manage",
    names: [
      "team.manage",
      "settings.manage",
      "templates.manage",
      "automation.manage",
      "campaigns.manage",
      "api_keys.manage",
      "jobs.manage",
      "studio.ship",
      "conversations.delete",
      "contacts.delete",
      "contacts.import",
      "analytics.export",
      "billing.manage",
      "organization.manage",
    ],
  },
];

/** Scopes of keys that are no permissions of people. */
type Product = "credits.spend" | "payments.read" | "ledger.read";
export const KEY_SCOPES: readonly Product[] = ["credits.spend", "payments.read", "ledger.read"];

export const decidedApart = (member: Pick<Member, "overrides">): number =>
  Object.keys(member.overrides).length;
