import type { Clock } from "../../platform/clock.ts";
import { withTx, type Db } from "../../platform/db/index.ts";
import { openCursor, rangeOf, sealCursor, type Http } from "../../platform/http/index.ts";
import { balances, getTransaction, listAccounts, listTransactions, sumDays, verify } from "./index.ts";
import { sealRoutes } from "./seals/routes.ts";
import {
  accountsAnswer,
  balancesAnswer,
  daysAnswer,
  daysInput,
  presentBalances,
  presentTransaction,
  presentVerification,
  transactionAnswer,
  transactionParams,
  transactionsAnswer,
  transactionsInput,
  verificationAnswer,
} from "./schemas.ts";

/** Reading every entry of a book is dear. */
const CHECKS_PER_MINUTE = 10;

export type LedgerDeps = { db: Db; clock: Clock };

/** Balances, transactions and the check of an organization's books, in the mode of the credential. */
export function ledgerRoutes(http: Http, deps: LedgerDeps): void {
  balanceRoutes(http, deps);
  transactionRoutes(http, deps);
  verifyRoute(http, deps);
  sealRoutes(http, deps);
}

function balanceRoutes(http: Http, { db, clock }: LedgerDeps): void {
  http.operation({
    method: "GET",
    path: "/api/ledger/balances",
    id: "getLedgerBalances",
    tag: "Ledger",
    summary: "What is settled, held, available and owed, per unit",
    access: { least: "viewer", scope: "ledger.read" },
    whenSuspended: true,
    answer: { status: 200, schema: balancesAnswer },
    async handle({ actor }) {
      const now = clock.now();
      const rows = await withTx(db, actor.orgId, (tx) => balances(tx, actor.orgId, actor.mode, now));
      return presentBalances(actor.mode, rows, now);
    },
  });
  http.operation({
    method: "GET",
    path: "/api/ledger/balances/days",
    id: "listLedgerDays",
    tag: "Ledger",
    summary: "What moved a balance each day, at most 366 days",
    access: { least: "viewer", scope: "ledger.read" },
    whenSuspended: true,
    query: daysInput,
    answer: { status: 200, schema: daysAnswer },
    async handle({ actor: { mode, orgId }, query: { unit, ...asked } }) {
      const range = rangeOf(asked, clock.now());
      const data = await withTx(db, orgId, (tx) => sumDays(tx, orgId, { mode, unit, ...range }));
      return { unit, ...range, data };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/ledger/accounts",
    id: "listLedgerAccounts",
    tag: "Ledger",
    summary: "Every account with its balance",
    access: { least: "owner", permission: "billing.view", scope: "ledger.read" },
    whenSuspended: true,
    answer: { status: 200, schema: accountsAnswer },
    handle: async ({ actor: { orgId, mode } }) => ({
      data: await withTx(db, orgId, (tx) => listAccounts(tx, orgId, mode)),
    }),
  });
}

function transactionRoutes(http: Http, { db }: LedgerDeps): void {
  http.operation({
    method: "GET",
    path: "/api/ledger/transactions",
    id: "listLedgerTransactions",
    tag: "Ledger",
    summary: "Transactions with their entries, newest first",
    access: { least: "owner", permission: "billing.view", scope: "ledger.read" },
    whenSuspended: true,
    query: transactionsInput,
    answer: { status: 200, schema: transactionsAnswer },
    async handle({ actor: { orgId, mode }, query }) {
      const filter = { ...query, cursor: openCursor(query.cursor) };
      const { rows, hasMore } = await withTx(db, orgId, (tx) => listTransactions(tx, orgId, mode, filter));
      const last = hasMore ? rows.at(-1) : undefined;
      return {
        data: rows.map(presentTransaction),
        has_more: hasMore,
        next_cursor: last ? sealCursor(last.postedAt, last.id) : null,
      };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/ledger/transactions/:id",
    id: "getLedgerTransaction",
    tag: "Ledger",
    summary: "One transaction with its entries",
    access: { least: "owner", permission: "billing.view", scope: "ledger.read" },
    whenSuspended: true,
    params: transactionParams,
    answer: { status: 200, schema: transactionAnswer },
    handle: async ({ actor: { orgId, mode }, params }) =>
      presentTransaction(await withTx(db, orgId, (tx) => getTransaction(tx, orgId, mode, params.id))),
  });
}

function verifyRoute(http: Http, { db, clock }: LedgerDeps): void {
  http.operation({
    method: "POST",
    path: "/api/ledger/verify",
    id: "verifyLedger",
    tag: "Ledger",
    summary: "Check the books: every invariant, over every entry of the organization",
    access: { least: "owner", permission: "billing.view", scope: "ledger.read" },
    whenSuspended: true,
    limit: { name: "ledger_verify", perMinute: CHECKS_PER_MINUTE },
    answer: { status: 200, schema: verificationAnswer },
    async handle({ actor: { orgId } }) {
      const verification = await withTx(db, orgId, (tx) => verify(tx, orgId));
      return presentVerification(verification, clock.now());
    },
  });
}
