import type { Http } from "../../../platform/http/index.ts";
import type { Billing } from "../billing.ts";
import { readPayerData } from "./personal-data.ts";
import { openPortal } from "./portal.ts";
import { changeCustomer, readCustomer } from "./profile.ts";
import * as schemas from "./schemas.ts";

const manage = {
  tag: "Billing",
  access: { least: "owner", permission: "billing.manage" },
  whenSuspended: true,
} as const;

/** Who pays, and the company's own page about it. */
export function payerRoutes(http: Http, { deps }: Billing): void {
  http.operation({
    ...manage,
    method: "GET",
    path: "/api/billing/customer",
    id: "getBillingCustomer",
    summary: "Who pays: name, e-mail, address and tax ids, as invoices show them",
    access: { least: "owner", permission: "billing.view", scope: "payments.read" },
    answer: { status: 200, schema: schemas.customerAnswer },
    handle: async ({ actor }) => schemas.presentCustomer(await readCustomer(deps, actor.orgId)),
  });
  http.operation({
    ...manage,
    method: "GET",
    path: "/api/billing/customer/export",
    id: "exportPayerData",
    summary: "All that names the payers of the organization, at each company, also what was taken away since",
    access: { least: "owner", permission: "billing.view", scope: "payments.read" },
    limit: { name: "payer_export", perMinute: 5 },
    answer: { status: 200, schema: schemas.payerDataAnswer },
    async handle({ actor }) {
      const { customers, methods } = await readPayerData(deps, actor.orgId);
      return { customers, payment_methods: methods };
    },
  });
  http.operation({
    ...manage,
    method: "PUT",
    path: "/api/billing/customer",
    id: "changeBillingCustomer",
    summary: "Says who pays, whole; the company is told at once, or as soon as it answers",
    limit: { name: "billing_customer", perMinute: 10 },
    body: schemas.customerInput,
    answer: { status: 200, schema: schemas.customerAnswer },
    async handle({ actor, body: { tax_ids: taxIds, ...body } }) {
      const actorId = actor.userId ?? actor.credentialId;
      return schemas.presentCustomer(
        await changeCustomer(deps, { ...body, taxIds, orgId: actor.orgId, actorId }),
      );
    },
  });
  http.operation({
    ...manage,
    method: "POST",
    path: "/api/billing/portal",
    id: "openBillingPortal",
    summary: "The company's page about what is paid and by what; for PayPal our own billing screen",
    idempotent: true,
    limit: { name: "billing_portal", perMinute: 10, kind: "payment" },
    body: schemas.portalInput,
    answer: { status: 201, schema: schemas.portalAnswer },
    async handle({ actor, body, operationId }) {
      const { orgId, mode } = actor;
      return { url: await openPortal(deps, { orgId, mode, returnUrl: body.return_url, operationId }) };
    },
  });
}
