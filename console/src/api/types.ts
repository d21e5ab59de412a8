/** What the API answers, as the console reads it. */
export type Page<T> = { data: T[]; has_more: boolean; next_cursor: string | null };

export type Role = "owner" | "admin" | "agent" | "viewer";
export type Me = {
  user: { id: string; email: string; full_name: string; operator: boolean };
  session: { csrf_token: string; expires_at: string } | null;
  organization: { id: string; name: string };
  role: Role;
  mode: "test" | "live";
  organizations: { id: string; name: string; role?: Role }[];
};

export type Balance = {
  settled_micros: number;
  held_micros: number;
  available_micros: number;
  debt_micros: number;
  held_count: number;
  grants: { id: string; source: string; remaining_micros: number; expires_at: string | null }[];
  as_of: string;
};

export type Pack = {
  key: string;
  name: string;
  amount_minor: number;
  currency: string;
  credits_micros: number;
};
export type Purchase = { payment_id: string; session_id: string; url: string; expires_at: string };
export type CheckoutSession = {
  status: "open" | "processing" | "paid" | "failed" | "expired";
  amount_minor: number;
  currency: string;
  purpose: string;
};

export type Payment = {
  id: string;
  status: string;
  amount_minor: number;
  currency: string;
  credits_micros: number;
  pack_key: string;
  created_at: string;
  paid_at: string | null;
  refunded_minor: number;
  failure_code: string | null;
};

export type EventState = "received" | "waiting_retry" | "processing" | "processed" | "dead" | "ignored";
export type WebhookEvent = {
  id: string;
  source: string;
  provider_event_id: string;
  type: string;
  object_id: string;
  state: EventState;
  attempts: number;
  max_attempts: number;
  replays: number;
  origin: string;
  received_at: string;
  next_attempt_at: string;
  finished_at: string | null;
  error_code: string | null;
  error_detail: string | null;
  effects: Effect[];
};
export type Effect = { kind: string; id: string };
export type Attempt = {
  replay: number;
  attempt: number;
  started_at: string;
  ms: number;
  outcome: string;
  error_code: string | null;
  error_detail: string | null;
};
export type WebhookEventDetail = WebhookEvent & {
  attempt_log: Attempt[];
  timeline: { id: string; type: string; state: EventState; received_at: string }[];
};
export type EventCounts = {
  received: number;
  waiting_retry: number;
  processing: number;
  dead: number;
  /** This and the next: of the last 24 hours. */
  processed: number;
  ignored: number;
  oldest_seconds: number;
};
export type DeadGroup = {
  type: string;
  error_code: string | null;
  count: number;
  oldest_at: string;
  sample_id: string;
};
export type WebhookEndpoint = {
  id: string;
  source: string;
  account_id: string;
  mode: string;
  enabled: boolean;
  max_attempts: number;
  url: string;
};

export type LedgerAccount = { account: string; unit: string; balance: number };
export type LedgerTransaction = {
  id: string;
  kind: string;
  reference: string;
  posted_at: string;
  entries: { account: string; unit: string; amount: number }[];
};
export type VerifyReport = {
  ok: boolean;
  checked_at: string;
  invariants: { name: string; statement: string; checked: number; fault_count: number; faults: string[] }[];
};

export type UsageSums = {
  requests: number;
  failures: number;
  input_tokens: number;
  output_tokens: number;
  cost_micros: number;
};
export type UsageGroup = UsageSums & { group: Record<string, string | null> };
export type Usage = { data: UsageGroup[]; totals: UsageSums; as_of: string };
export type UsageRecord = {
  request_id: string;
  model: string;
  state: "open" | "reconciling" | "settled" | "released";
  outcome: string | null;
  input_tokens: number;
  output_tokens: number;
  cost_micros: number | null;
  basis: string | null;
  created_at: string;
  first_content_ms: number | null;
};
export type Model = {
  id: string;
  name: string;
  context_length: number | null;
  max_output_tokens: number | null;
  /** USD per token, as exact decimal strings. */
  pricing: { prompt: string; completion: string };
};

export type ApiKey = {
  id: string;
  name: string;
  prefix: string;
  mode: "test" | "live";
  scopes: string[];
  rate_limit_per_min: number | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
};
export type NewApiKey = ApiKey & { secret: string | null };

export type System = {
  version: string;
  role: string;
  node: string;
  uptime_seconds: number;
  sandbox_url: string | null;
  checks: { name: string; ok: boolean; ms: number; detail: string | null }[];
  queues: { name: string; waiting: number; oldest_seconds: number }[];
};
export type ApiKeyInput = {
  name: string;
  mode: "test" | "live";
  scopes: string[];
  rate_limit_per_min?: number;
  expires_at?: string;
};
