import type { OrganizationActions } from "../identity/index.ts";

/** What `server/app.ts` hands to identity as `organizations`. */
export const organizationActions: OrganizationActions = {
  async createPersonalOrganization() {
    throw new Error("being built");
  },
  async chooseOrganization() {
    throw new Error("being built");
  },
};
