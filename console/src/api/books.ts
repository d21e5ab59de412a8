import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import { idempotent, read } from "./http.ts";
import { given, type Listing } from "./operations.ts";
import { byItself } from "./presence.ts";
import { PAGE, pages } from "./queries.ts";
import type {
  AdjustmentInput,
  AdjustmentState,
  GrantInput,
  InstallationPayment,
  ListedAdjustment,
  Report,
} from "./types.ts";

export type AdjustmentFilter = {
  type?: ListedAdjustment["type"] | undefined;
  state?: AdjustmentState | undefined;
  org_id?: string | undefined;
};

export type AllPaymentsFilter = {
  status?: InstallationPayment["status"] | undefined;
  provider?: InstallationPayment["provider"] | undefined;
  org_id?: string | undefined;
};

export type DisputeFilter = { open?: "true" | "false" | undefined; org_id?: string | undefined };
export type CustomerFilter = { name?: string | undefined; disputed?: "true" | undefined };

/** Operations of operators on the installation's books. */
export const books = {
  seals: (query: Listing) => read(sdk.listSeals({ query: given(query) })),
  verifySeals: (body: { from?: string; to?: string }) => read(sdk.verifySeals({ body })),
  check: () => read(sdk.getLedgerCheck()),
  adjustments: (query: Listing & AdjustmentFilter) =>
    read(sdk.listAdjustments({ query: given(query), ...byItself() })),
  grant: (body: GrantInput, key: string) => read(sdk.grantByHand({ body, ...idempotent(key) })),
  adjust: (body: AdjustmentInput, key: string) => read(sdk.adjustByHand({ body, ...idempotent(key) })),
  payments: (query: Listing & AllPaymentsFilter) => read(sdk.listAllPayments({ query: given(query) })),
  disputes: (query: Listing & DisputeFilter) => read(sdk.listDisputes({ query: given(query) })),
  customers: (query: Listing & CustomerFilter) => read(sdk.listCustomers({ query: given(query) })),
  customer: (org_id: string, query: Listing) =>
    read(sdk.getCustomer({ path: { org_id }, query: given(query) })),
  report: (report: Report["report"], from: string) =>
    read(sdk.getReport({ path: { report }, query: { from: `${from}T00:00:00Z` } })),
  planVersions: () => read(sdk.listPlanVersions()),
  syncPlans: (dry_run: boolean) => read(sdk.syncPlans({ body: { dry_run } })),
  inboxHours: (hours_back: number) => read(sdk.listInboxHours({ query: { hours_back }, ...byItself() })),
  decide: ({ id, type }: Pick<ListedAdjustment, "id" | "type">, approve: boolean, key: string) => {
    const call = { path: { id }, ...idempotent(key) };
    if (type === "grant") return read(approve ? sdk.approveGrant(call) : sdk.rejectGrant(call));
    return read(approve ? sdk.approveAdjustment(call) : sdk.rejectAdjustment(call));
  },
};

const EVERY_MINUTE = { refetchInterval: 60_000 } as const;
const MOST_WAITING = 50;

export const booksQueries = {
  check: () => queryOptions({ queryKey: ["books", "check"], queryFn: books.check, ...EVERY_MINUTE }),
  /** What waits for a second operator. */
  waiting: () =>
    queryOptions({
      queryKey: ["books", "adjustments", "waiting"],
      queryFn: () => books.adjustments({ limit: MOST_WAITING, state: "pending" }),
      ...EVERY_MINUTE,
    }),
  refundsToApprove: () =>
    queryOptions({
      queryKey: ["refunds", "waiting"],
      queryFn: () =>
        read(sdk.listRefunds({ query: { limit: MOST_WAITING, status: "awaiting_approval" }, ...byItself() })),
      ...EVERY_MINUTE,
    }),
  planVersions: () => queryOptions({ queryKey: ["books", "plans"], queryFn: books.planVersions }),
  inboxHours: (hours: number) =>
    queryOptions({
      queryKey: ["books", "inbox-hours", hours],
      queryFn: () => books.inboxHours(hours),
      ...EVERY_MINUTE,
    }),
  report: (report: Report["report"], from: string) =>
    queryOptions({
      queryKey: ["books", "report", report, from],
      queryFn: () => books.report(report, from),
    }),
  disputes: (filter: DisputeFilter) =>
    pages(["books", "disputes", filter], (cursor) => books.disputes({ limit: PAGE, cursor, ...filter })),
  customers: (filter: CustomerFilter) =>
    pages(["books", "customers", filter], (cursor) => books.customers({ limit: PAGE, cursor, ...filter })),
  customer: (org: string) =>
    queryOptions({ queryKey: ["books", "customer", org], queryFn: () => books.customer(org, { limit: 1 }) }),
  moments: (org: string) =>
    pages(["books", "moments", org], (cursor) => books.customer(org, { limit: PAGE, cursor })),
  payments: (filter: AllPaymentsFilter) =>
    pages(["payments", "all", filter], (cursor) => books.payments({ limit: PAGE, cursor, ...filter })),
  seals: () => pages(["books", "seals"], (cursor) => books.seals({ limit: PAGE, cursor })),
  adjustments: (filter: AdjustmentFilter) =>
    pages(["books", "adjustments", filter], (cursor) =>
      books.adjustments({ limit: PAGE, cursor, ...filter }),
    ),
};
