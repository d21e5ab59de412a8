import { call } from "./http.ts";
import type * as T from "./types.ts";

type Listing = { limit?: number; cursor?: string | undefined };
export type EventFilter = {
  state?: string | undefined;
  type?: string | undefined;
  object_id?: string | undefined;
};

/** Every operation the console uses, by name. */
export const api = {
  me: () => call<T.Me>("GET", "/api/auth/me"),
  login: (body: { email: string; password: string }) => call<unknown>("POST", "/api/auth/login", { body }),
  logout: () => call<void>("POST", "/api/auth/logout"),
  redeemLink: (token: string) => call<unknown>("POST", "/api/auth/sign-in-links/redeem", { body: { token } }),
  switchOrganization: (org_id: string) =>
    call<unknown>("POST", "/api/auth/switch-organization", { body: { org_id } }),

  balance: () => call<T.Balance>("GET", "/api/tokens/balance"),
  usage: (query: { group_by: string; from: string; to?: string }) =>
    call<T.Usage>("GET", "/api/tokens/usage", { query }),
  usageRecords: (query: Listing & { model?: string | undefined }) =>
    call<T.Page<T.UsageRecord>>("GET", "/api/tokens/usage/records", { query }),

  packs: () => call<{ data: T.Pack[] }>("GET", "/api/credits/packs"),
  purchase: (pack_key: string, idempotencyKey: string) =>
    call<T.Purchase>("POST", "/api/credits/purchase", { body: { pack_key }, idempotencyKey }),
  checkoutSession: (id: string) =>
    call<T.CheckoutSession>("GET", `/checkout/session/${encodeURIComponent(id)}`),
  payments: (query: Listing) => call<T.Page<T.Payment>>("GET", "/api/payments", { query }),
  payment: (id: string) => call<T.Payment>("GET", `/api/payments/${encodeURIComponent(id)}`),

  events: (query: Listing & EventFilter) =>
    call<T.Page<T.WebhookEvent>>("GET", "/api/admin/events", { query }),
  eventCounts: () => call<T.EventCounts>("GET", "/api/admin/events/counts"),
  event: (id: string) => call<T.WebhookEventDetail>("GET", `/api/admin/events/${encodeURIComponent(id)}`),
  eventPayload: (id: string) => call<unknown>("GET", `/api/admin/events/${encodeURIComponent(id)}/payload`),
  replayEvent: (id: string, idempotencyKey: string) =>
    call<unknown>("POST", `/api/admin/events/${encodeURIComponent(id)}/replay`, { idempotencyKey }),
  deadLetters: () => call<{ data: T.DeadGroup[] }>("GET", "/api/admin/dead-letters"),
  endpoints: () => call<{ data: T.WebhookEndpoint[] }>("GET", "/api/admin/webhook-endpoints"),
  updateEndpoint: (id: string, body: { enabled: boolean; max_attempts: number }) =>
    call<T.WebhookEndpoint>("PATCH", `/api/admin/webhook-endpoints/${encodeURIComponent(id)}`, { body }),

  ledgerAccounts: () => call<{ data: T.LedgerAccount[] }>("GET", "/api/ledger/accounts"),
  ledgerTransactions: (query: Listing & { kind?: string | undefined }) =>
    call<T.Page<T.LedgerTransaction>>("GET", "/api/ledger/transactions", { query }),
  ledgerTransaction: (id: string) =>
    call<T.LedgerTransaction>("GET", `/api/ledger/transactions/${encodeURIComponent(id)}`),
  verifyLedger: () => call<T.VerifyReport>("POST", "/api/ledger/verify", { body: {} }),

  models: () => call<{ data: T.Model[] }>("GET", "/api/llm/models"),

  apiKeys: () => call<T.Page<T.ApiKey>>("GET", "/api/api-keys"),
  createApiKey: (body: T.ApiKeyInput, idempotencyKey: string) =>
    call<T.NewApiKey>("POST", "/api/api-keys", { body, idempotencyKey }),
  revokeApiKey: (id: string) => call<void>("DELETE", `/api/api-keys/${encodeURIComponent(id)}`),

  system: () => call<T.System>("GET", "/api/admin/system"),
};
