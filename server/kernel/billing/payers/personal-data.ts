/** What is known of whoever pays: told whole to those who may ask, erased with its organization or its person. */
import type { Clock } from "../../../platform/clock.ts";
import { withTx, type Db } from "../../../platform/db/index.ts";
import type { OrgId } from "../../../platform/ids.ts";
import type { PayerActions } from "../../tenancy/index.ts";
import {
  erasePayer,
  erasePayers,
  listKnownMethods,
  listPayers,
  type KnownMethod,
  type KnownPayer,
} from "./erasure-store.ts";

export type PayerData = { customers: KnownPayer[]; methods: KnownMethod[] };

/** All of one organization: who pays at each company, and by what, also what was taken away since. */
export const readPayerData = ({ db }: { db: Db }, org: OrgId): Promise<PayerData> =>
  withTx(db, org, async (tx) => ({
    customers: await listPayers(tx, org),
    methods: await listKnownMethods(tx, org),
  }));

/** What `server/app.ts` hands to tenancy. Amounts, and what was paid, stay; the companies' copies go by `eraseCopies`. */
export const payerActions = ({ clock }: { clock: Clock }): PayerActions => ({
  forget: (tx, orgId) => erasePayers(tx, orgId, clock.now()),
  forgetPerson: (tx, orgId, { email, fullName }) =>
    erasePayer(tx, orgId, { email: email.toLowerCase(), fullName }, clock.now()),
});
