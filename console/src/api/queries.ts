import { infiniteQueryOptions, queryOptions, useInfiniteQuery } from "@tanstack/react-query";
import { daysAgo } from "../lib/series.ts";
import type { ListState } from "../ui/table.tsx";
import { pollMs } from "./live.ts";
import {
  api,
  type AuditFilter,
  type CallsFilter,
  type EventFilter,
  type JobFilter,
  type LedgerFilter,
  type PeopleFilter,
} from "./operations.ts";
import type { CacheWindow, Page, RevenueBy, UsageBy, BreakState, RefundStatus } from "./types.ts";

const live = { refetchInterval: pollMs } as const;
export const PAGE = 25;
const RECENT_DAYS = 90;
/** Asked for every 5 s while the page is seen; hidden, it asks nothing. */
export const every5s = { refetchInterval: 5_000 } as const;

/** First part of each key is what `live.ts` makes stale. */
export const queries = {
  mfaStatus: () => queryOptions({ queryKey: ["mfa"], queryFn: api.mfaStatus }),
  passkeys: () => queryOptions({ queryKey: ["passkeys"], queryFn: api.passkeys }),
  me: () => queryOptions({ queryKey: ["me"], queryFn: api.me, staleTime: 60_000 }),
  sessions: () => queryOptions({ queryKey: ["sessions"], queryFn: api.sessions, ...live }),
  authorizationRequest: (id: string) =>
    queryOptions({
      queryKey: ["authorization-request", id],
      queryFn: () => api.authorizationRequest(id),
      retry: false,
      // It is decided once: what was read stays on the page while the answer travels.
      staleTime: Infinity,
    }),
  profile: () => queryOptions({ queryKey: ["profile"], queryFn: api.profile }),
  sso: (id: string) => queryOptions({ queryKey: ["sso", id], queryFn: () => api.sso(id) }),
  signInProviders: () =>
    queryOptions({ queryKey: ["sign-in-providers"], queryFn: api.signInProviders, staleTime: 300_000 }),
  connectedAccounts: () => queryOptions({ queryKey: ["connected-accounts"], queryFn: api.connectedAccounts }),
  balance: () => queryOptions({ queryKey: ["balance"], queryFn: api.balance, ...live }),
  usage: (group_by: string, from: string) =>
    queryOptions({
      queryKey: ["usage", group_by, from],
      queryFn: () => api.usage({ group_by, from: `${from}T00:00:00Z` }),
      ...live,
    }),
  creditDays: (from: string) =>
    queryOptions({
      queryKey: ["balance", "days", from],
      queryFn: () => api.creditDays(`${from}T00:00:00Z`),
      ...live,
    }),
  plans: () => queryOptions({ queryKey: ["plans"], queryFn: api.plans, staleTime: 300_000 }),
  subscription: () => queryOptions({ queryKey: ["subscription"], queryFn: api.subscription, ...live }),
  planUsage: () => queryOptions({ queryKey: ["balance", "plan"], queryFn: api.planUsage, ...live }),
  billingCustomer: () => queryOptions({ queryKey: ["billing-customer"], queryFn: api.billingCustomer }),
  autoTopup: () => queryOptions({ queryKey: ["auto-topup"], queryFn: api.autoTopup, ...live }),
  paymentMethods: () => queryOptions({ queryKey: ["payment-methods"], queryFn: api.paymentMethods, ...live }),
  packs: () => queryOptions({ queryKey: ["packs"], queryFn: api.packs, staleTime: 300_000 }),
  payment: (id: string) =>
    queryOptions({ queryKey: ["payments", "one", id], queryFn: () => api.payment(id), ...live }),
  recentPayments: (limit: number) =>
    queryOptions({
      queryKey: ["payments", "recent", limit],
      queryFn: () => api.payments({ limit }),
      ...live,
    }),
  recentCalls: (limit: number) =>
    queryOptions({
      queryKey: ["usage", "recent", limit],
      // Else of this month alone, of which there is nothing on its first day.
      queryFn: () => api.usageRecords({ limit, from: `${daysAgo(RECENT_DAYS)}T00:00:00Z` }),
      ...live,
    }),
  eventCounts: () => queryOptions({ queryKey: ["events", "counts"], queryFn: api.eventCounts, ...live }),
  event: (id: string) =>
    queryOptions({ queryKey: ["events", "one", id], queryFn: () => api.event(id), ...live }),
  eventPayload: (id: string) =>
    queryOptions({ queryKey: ["payload", id], queryFn: () => api.eventPayload(id), staleTime: Infinity }),
  deadLetters: () => queryOptions({ queryKey: ["dead-letters"], queryFn: api.deadLetters, ...live }),
  endpoints: () => queryOptions({ queryKey: ["endpoints"], queryFn: api.endpoints }),
  replay: (id: string) =>
    queryOptions({ queryKey: ["replays", "one", id], queryFn: () => api.replay(id), ...live }),
  ledgerAccounts: () =>
    queryOptions({ queryKey: ["ledger", "accounts"], queryFn: api.ledgerAccounts, ...live }),
  ledgerTransaction: (id: string) =>
    queryOptions({
      queryKey: ["ledger", "one", id],
      queryFn: () => api.ledgerTransaction(id),
      // It never changes, but for the seal that comes the night after.
      staleTime: 60_000,
    }),
  jobStats: () => queryOptions({ queryKey: ["jobs", "stats"], queryFn: api.jobStats, ...every5s }),
  job: (id: string) =>
    queryOptions({ queryKey: ["jobs", "one", id], queryFn: () => api.job(id), ...every5s }),
  /** Until it has ended. */
  exportJob: (id: string) =>
    queryOptions({
      queryKey: ["jobs", "export", id],
      queryFn: () => api.job(id),
      refetchInterval: ({ state: { data } }) => (data?.finished_at ? false : 1_000),
    }),
  person: (id: string) => queryOptions({ queryKey: ["people", "one", id], queryFn: () => api.person(id) }),
  usageStats: (group_by: UsageBy, from: string) =>
    queryOptions({
      queryKey: ["usage-stats", group_by, from],
      queryFn: () => api.usageStats({ group_by, from: `${from}T00:00:00Z` }),
    }),
  revenue: (group_by: RevenueBy, from: string) =>
    queryOptions({
      queryKey: ["revenue", group_by, from],
      queryFn: () => api.revenue({ group_by, from: `${from}T00:00:00Z` }),
    }),
  reconciliationSummary: (hours: number) =>
    queryOptions({
      queryKey: ["reconciliation", "summary", hours],
      queryFn: () => api.reconciliationSummary(hours),
      ...live,
    }),
  models: () => queryOptions({ queryKey: ["models"], queryFn: api.models, staleTime: 300_000 }),
  licenses: () => queryOptions({ queryKey: ["team", "licenses"], queryFn: api.licenses }),
  organization: (id: string) =>
    queryOptions({ queryKey: ["organization", id], queryFn: () => api.organization(id) }),
  apiKeys: () => queryOptions({ queryKey: ["api-keys"], queryFn: api.apiKeys }),
  cache: (window: CacheWindow) =>
    queryOptions({ queryKey: ["cache", window], queryFn: () => api.cache(window), ...every5s }),
  rateLimits: () => queryOptions({ queryKey: ["rate-limits"], queryFn: api.rateLimits, ...every5s }),
  system: () => queryOptions({ queryKey: ["system"], queryFn: api.system, refetchInterval: 10_000 }),
};

export const pages = <T>(
  queryKey: readonly unknown[],
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.has_more ? (last.next_cursor ?? undefined) : undefined),
    ...live,
  });

export const lists = {
  members: (search: string | undefined) =>
    pages(["team", "members", search], (cursor) => api.members({ limit: PAGE, cursor, search })),
  invitations: () => pages(["team", "invitations"], (cursor) => api.invitations({ limit: PAGE, cursor })),
  invoices: () => pages(["invoices"], (cursor) => api.invoices({ limit: PAGE, cursor })),
  payments: () => pages(["payments", "list"], (cursor) => api.payments({ limit: PAGE, cursor })),
  breaks: (state: BreakState) =>
    pages(["reconciliation", "breaks", state], (cursor) => api.breaks({ limit: PAGE, cursor, state })),
  reconciliationRuns: () =>
    pages(["reconciliation", "runs"], (cursor) => api.reconciliationRuns({ limit: PAGE, cursor })),
  refunds: (status: RefundStatus | undefined) =>
    pages(["refunds", status], (cursor) => api.refunds({ limit: PAGE, cursor, status })),
  events: (filter: EventFilter) =>
    pages(["events", "list", filter], (cursor) => api.events({ limit: PAGE, cursor, ...filter })),
  replays: () => pages(["replays", "list"], (cursor) => api.replays({ limit: PAGE, cursor })),
  ledgerTransactions: (filter: LedgerFilter) =>
    pages(["ledger", "list", filter], (cursor) => api.ledgerTransactions({ limit: PAGE, cursor, ...filter })),
  jobs: (filter: JobFilter) => ({
    ...pages(["jobs", "list", filter], (cursor) => api.jobs({ limit: PAGE, cursor, ...filter })),
    ...every5s,
  }),
  auditEntries: (filter: AuditFilter) =>
    pages(["audit", filter], (cursor) => api.auditEntries({ limit: PAGE, cursor, ...filter })),
  auditTrails: (filter: AuditFilter) =>
    pages(["audit", "all", filter], (cursor) => api.auditTrails({ limit: PAGE, cursor, ...filter })),
  people: (filter: PeopleFilter) =>
    pages(["people", "list", filter], (cursor) => api.people({ limit: PAGE, cursor, ...filter })),
  usageRecords: (filter: CallsFilter) =>
    pages(["usage", "records", filter], (cursor) => api.usageRecords({ limit: PAGE, cursor, ...filter })),
};

/** A cursor list as a table wants it. */
export function useList<T>(options: ReturnType<typeof pages<T>>): ListState<T> {
  const query = useInfiniteQuery(options);
  return {
    rows: query.data?.pages.flatMap((page) => page.data),
    error: query.error,
    refetch: () => void query.refetch(),
    more: query.hasNextPage
      ? { load: () => void query.fetchNextPage(), busy: query.isFetchingNextPage }
      : undefined,
  };
}

/** A plain list (`{data}`) as a table wants it. */
export function asList<T>(query: {
  data: { data: readonly T[] } | undefined;
  error: unknown;
  refetch(): unknown;
}): ListState<T> {
  return { rows: query.data?.data, error: query.error, refetch: () => void query.refetch() };
}
