/** How to call each operation rightfully. An operation without an example here fails the sweep. */
import type { TestApp } from "../harness/app.ts";
import { OWNER, SETUP_TOKEN } from "../harness/people.ts";

export type Example = {
  /** Values of the path's placeholders; made in the first organization unless they belong to the operator. */
  params?: (app: TestApp) => Promise<Record<string, string>>;
  query?: Record<string, string>;
  body?: unknown | ((app: TestApp) => Promise<unknown>);
  headers?: Record<string, string>;
  /** Of a rightful call, where it is not the documented success. */
  status?: number;
  /** Unknown query parameters pass, since other companies' clients send their own. */
  takesAnyQuery?: true;
  /** The answer does not end by itself: only its head is read. */
  streams?: true;
  /** The call ends or moves the session that makes it. */
  spendsSession?: true;
  /** A body that names a row of the first organization: for a neighbour it is 404, as ids in the path are. */
  bodyNamesRow?: true;
};

const aKey = async (app: TestApp) => ({ id: (await app.createKey(app.owner)).id });

export const examples: Record<string, Example> = {
  getSystem: {},
  setUp: { body: { ...OWNER, token: SETUP_TOKEN, full_name: "Second" }, status: 410 },
  signIn: { body: OWNER },
  signOut: {},
  createSignInLink: {},
  redeemSignInLink: { body: { token: "x".repeat(43) }, status: 410 },
  getMe: {},
  switchOrganization: {
    body: async ({ owner }: TestApp) => {
      const { body } = await owner.call<{ organization: { id: string } }>("GET", "/api/auth/me");
      return { org_id: body.organization.id };
    },
    bodyNamesRow: true,
    spendsSession: true,
  },
  listOrganizations: {},
  createOrganization: { body: { name: "Northwind" } },
  listMembers: {},
  listApiKeys: {},
  createApiKey: { body: { name: "CI", mode: "test", scopes: ["gateway.use"] } },
  revokeApiKey: { params: aKey },
  stream: { streams: true },
};
