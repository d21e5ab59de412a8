/** Examples of organizations, members, invitations and keys. */
import { newId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import type { Example } from "./examples.ts";
import {
  aFoundedOrganization,
  aKey,
  aMember,
  anInvitation,
  anotherOrganization,
  aWord,
} from "./rows-team.ts";
import { ownOrganization } from "./rows.ts";

const body = (value: unknown): Example => ({ given: () => ({ body: value }) });
const own = async (app: TestApp, value?: unknown) => ({
  params: { id: await ownOrganization(app) },
  ...(value === undefined ? {} : { body: value }),
});
const ofKey = (value?: unknown): Example => ({
  given: async (app) => ({
    params: { id: await aKey(app) },
    ...(value === undefined ? {} : { body: value }),
  }),
});
const ofInvitation: Example = { given: async (app) => ({ params: { id: await anInvitation(app) } }) };
const spentToken: Example = { ...body({ token: "x".repeat(43) }), status: 410 };

/** An act that ends or hands over the whole organization is done rightfully to one founded for it. */
const ofFounded = (value?: (heir: string) => unknown): Example => {
  let founded: Awaited<ReturnType<typeof aFoundedOrganization>> | null = null;
  return {
    async by(app) {
      founded = await aFoundedOrganization(app);
      return founded.client;
    },
    async given(app) {
      const { id, heir } = founded ?? { id: await ownOrganization(app), heir: newId("usr") };
      founded = null;
      return { params: { id }, ...(value ? { body: value(heir) } : {}) };
    },
  };
};

export const teamExamples: Record<string, Example> = {
  listOrganizations: {},
  createOrganization: { given: () => ({ body: { name: "Northwind", slug: aWord() } }) },
  getOrganization: { given: own },
  changeOrganization: { given: (app) => own(app, { name: "Ona Owner" }) },
  setOrganizationPolicy: {
    given: (app) =>
      own(app, { mfa_required: false, methods: ["totp", "passkey"], idle_minutes: 30, ip_allow: [] }),
  },
  deleteOrganization: ofFounded(),
  transferOrganization: ofFounded((heir) => ({ user_id: heir })),
  suspendOrganization: {
    given: async (app) => ({
      params: { id: await anotherOrganization(app) },
      body: { reason: "Unpaid for three months" },
    }),
  },
  resumeOrganization: { given: async (app) => ({ params: { id: await anotherOrganization(app) } }) },
  listMembers: {},
  changeMember: {
    given: async (app) => ({
      params: { user_id: await aMember(app) },
      body: { role: "agent", overrides: { "audit.view": true } },
    }),
  },
  removeMember: { given: async (app) => ({ params: { user_id: await aMember(app) } }) },
  listInvitations: {},
  createInvitation: { given: () => ({ body: { email: `${aWord()}@invited.example`, role: "agent" } }) },
  withdrawInvitation: ofInvitation,
  resendInvitation: ofInvitation,
  getLicenses: {},
  readInvitation: spentToken,
  acceptInvitation: spentToken,
  explainAccess: {
    given: async (app) => ({ body: { user_id: await aMember(app), permission: "team.manage" } }),
    bodyNamesRow: true,
  },
  listApiKeys: {},
  createApiKey: body({ name: "CI", mode: "test", scopes: ["gateway.use"] }),
  changeApiKey: ofKey({ name: "Renamed", paused: true }),
  revokeApiKey: ofKey(),
  rotateApiKey: ofKey({ overlap_hours: 1 }),
  reportLeakedKey: body({ key: "hf_test_nothing" }),
};
