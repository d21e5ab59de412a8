import type { Clock } from "../../../platform/clock.ts";
import type { Db } from "../../../platform/db/index.ts";
import type { Http } from "../../../platform/http/index.ts";
import { readCheck, readSeals } from "./read.ts";
import * as schemas from "./schemas.ts";
import { verifySeals } from "./verify-seals.ts";

const of = { tag: "Operator", access: { least: "operator" } } as const;

/** The chain of seals over all books, its proof, and what the last night's check found. */
export function sealRoutes(http: Http, { db, clock }: { db: Db; clock: Clock }): void {
  http.operation({
    ...of,
    method: "GET",
    path: "/api/admin/ledger/seals",
    id: "listSeals",
    summary: "Daily seals over all books, newest first",
    query: schemas.sealsInput,
    answer: { status: 200, schema: schemas.sealsAnswer },
    async handle({ query: { cursor, limit } }) {
      const seals = await readSeals(db, cursor === undefined ? null : BigInt(cursor), limit);
      return schemas.presentSeals(seals, limit);
    },
  });
  http.operation({
    ...of,
    method: "POST",
    path: "/api/admin/ledger/verify",
    id: "verifySeals",
    summary:
      "Compute the seals again from the books; names the first seal, transaction or entry that was changed",
    limit: { name: "seals_verify", perMinute: 10 },
    body: schemas.verifyInput,
    answer: { status: 200, schema: schemas.sealVerificationAnswer },
    async handle({ body: { from = null, to = null } }) {
      return schemas.presentSealVerification(await verifySeals(db, { from, to }), clock.now());
    },
  });
  http.operation({
    ...of,
    method: "GET",
    path: "/api/admin/ledger/check",
    id: "getLedgerCheck",
    summary: "What the last nightly check of all books found",
    background: true,
    answer: { status: 200, schema: schemas.checkAnswer },
    handle: async () => schemas.presentCheck(await readCheck(db)),
  });
}
