/** Calls of operators: people, figures, a look at somebody's account. */
import { newId, type UserId } from "../../server/platform/ids.ts";
import type { TestApp } from "../harness/app.ts";
import { browserClient, type Client } from "../harness/client.ts";
import { addMember, addNeighbour } from "../harness/people.ts";
import type { Example } from "./examples.ts";
import { ownOrganization } from "./rows.ts";

/** Somebody whom no other call needs. */
async function aPerson(app: TestApp): Promise<UserId> {
  const email = `${newId("usr")}@people.example`;
  await addMember(app.sql, { email, role: "viewer" });
  const [row] = await app.sql<{ id: UserId }>("select id from identity.users where email = $1", [email]);
  return row?.id as UserId;
}

/** Somebody with an organization of their own. */
async function anOwner(app: TestApp): Promise<UserId> {
  const email = `${newId("usr")}@owners.example`;
  await addNeighbour(app.sql, email);
  const [row] = await app.sql<{ id: UserId }>("select id from identity.users where email = $1", [email]);
  return row?.id as UserId;
}

/** An operator who looks at somebody's account. */
async function anOnlooker(app: TestApp): Promise<Client> {
  const operator = await app.signIn();
  const path = `/api/admin/users/${await aPerson(app)}/view-as`;
  return browserClient(app.url, await operator.call("POST", path, { body: { reason: "Sweep" } }));
}

const on = (body?: unknown): Example => ({
  given: async (app) => ({ params: { id: await aPerson(app) }, ...(body ? { body } : {}) }),
});

/** What another operator asked for, and nobody decided. */
const waiting = (type: "grant" | "adjustment"): Example => ({
  given: async (app) => {
    const id = newId("adj");
    await app.sql(
      `insert into ledger.adjustments (org_id, id, operation_id, mode, type, unit, amount, reason, state, requested_by,
         requested_at)
       values ($1, $2, $2, 'test', $3, 'credit', 5, 'Sweep', 'pending', $4, now())`,
      [await ownOrganization(app), id, type, newId("usr")],
    );
    return { params: { id } };
  },
});
const byHand = (amount: number): Example => ({
  given: async (app) => ({
    body: { org_id: await ownOrganization(app), unit: "credit", amount, reason: "Sweep" },
  }),
});

export const operatorExamples: Record<string, Example> = {
  listPeople: {},
  getPerson: on(),
  invitePerson: {
    given: () => ({ body: { email: `${newId("usr")}@invited.example`, full_name: "Ina Invited" } }),
  },
  setPersonPlan: {
    given: async (app) => ({
      params: { id: await anOwner(app) },
      body: { plan: "pro", months: 1, reason: "Sweep" },
    }),
  },
  setPersonStatus: on({ active: false, reason: "Sweep" }),
  setPersonAdmin: on({ admin: false }),
  resetPersonMfa: { ...on(), status: 409 },
  viewAsPerson: on({ reason: "Sweep" }),
  endView: { by: anOnlooker },
  getUsageStats: {},
  getRevenue: {},
  grantByHand: byHand(5),
  adjustByHand: byHand(-1),
  listAdjustments: {},
  approveGrant: waiting("grant"),
  rejectGrant: waiting("grant"),
  approveAdjustment: waiting("adjustment"),
  rejectAdjustment: waiting("adjustment"),
  listSeals: {},
  verifySeals: { given: () => ({ body: {} }) },
  getLedgerCheck: {},
};
