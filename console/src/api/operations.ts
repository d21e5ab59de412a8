import * as sdk from "../../../contract/client/sdk.gen.ts";
import { idempotent, read } from "./http.ts";
import { ApiError } from "./problem.ts";
import { byItself } from "./presence.ts";
import type {
  ModelList,
  ApiKeyChange,
  ApiKeyInput,
  BreakState,
  CacheWindow,
  EventState,
  ExplainInput,
  JobState,
  MemberChange,
  NewAutoTopupInput,
  NewBillingCustomerInput,
  NewPasskeyInput,
  NewPaymentIntentInput,
  ProfileInput,
  ReconciliationBreak,
  RefundInput,
  RefundStatus,
  RegisterInput,
  PasskeyAssertion,
  PersonStatus,
  PlanChangeInput,
  PlanChangeOrderInput,
  PolicyInput,
  Provider,
  SsoInput,
  RevenueBy,
  Role,
  SecondStep,
  UsageBy,
} from "./types.ts";

/** Leaves out what was not given: the API takes no empty filters. */
export const given = <T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
  Object.fromEntries(
    Object.entries(query).filter(([, value]) => value !== undefined && value !== ""),
  ) as never;

export type Listing = { limit: number; cursor?: string | undefined };
export type CallsFilter = {
  from: string;
  model?: string | undefined;
  outcome?: string | undefined;
};
export type EventFilter = {
  state?: EventState | undefined;
  type?: string | undefined;
  object_id?: string | undefined;
  source?: string | undefined;
  endpoint_id?: string | undefined;
  origin?: "delivery" | "backfill" | "reconciliation" | undefined;
  error_code?: string | undefined;
};

export type NewEndpoint = { source: string; account_id: string; create_remote: boolean };

/** `to` is exclusive. */
export type LedgerFilter = {
  unit?: string | undefined;
  kind?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
};
export type AuditFilter = {
  action?: string | undefined;
  actor?: string | undefined;
  target?: string | undefined;
};
export type PeopleFilter = { search?: string | undefined; status?: PersonStatus | undefined };
export type JobFilter = { state?: JobState | undefined; kind?: string | undefined };

/** Every operation the console uses, by name. */
export const api = {
  plans: () => read(sdk.listPlans()),
  subscription: () => read(sdk.getSubscription()),
  planUsage: () => read(sdk.getPlanUsage()),
  subscribe: (
    body: {
      plan_key: string;
      interval: "month" | "year";
      trial: boolean;
      provider: "stripe" | "paypal";
      promo_code?: string;
      payment_method_id?: string;
    },
    key: string,
  ) => read(sdk.subscribe({ body, ...idempotent(key) })),
  billingCustomer: () => read(sdk.getBillingCustomer()),
  changeBillingCustomer: (body: NewBillingCustomerInput) => read(sdk.changeBillingCustomer({ body })),
  openPortal: (key: string) =>
    read(sdk.openBillingPortal({ body: { return_url: `${location.origin}/billing` }, ...idempotent(key) })),
  paymentMethods: () => read(sdk.listPaymentMethods()),
  /** `page`: where its owner comes back to. */
  setUpPaymentMethod: (provider: "stripe" | "paypal", key: string, page?: string) =>
    read(
      sdk.setUpPaymentMethod({
        body: { provider, ...(page && { success_url: page, cancel_url: page }) },
        ...idempotent(key),
      }),
    ),
  choosePaymentMethod: (id: string) => read(sdk.choosePaymentMethod({ path: { id } })),
  removePaymentMethod: (id: string) => read(sdk.removePaymentMethod({ path: { id } })),
  previewPlanChange: (body: PlanChangeInput) => read(sdk.previewPlanChange({ body })),
  changePlan: (direction: "up" | "down", body: PlanChangeOrderInput) =>
    read(direction === "up" ? sdk.upgradePlan({ body }) : sdk.downgradePlan({ body })),
  cancelSubscription: (key: string) => read(sdk.cancelSubscription({ body: {}, ...idempotent(key) })),
  reactivateSubscription: (key: string) => read(sdk.reactivateSubscription(idempotent(key))),
  invoices: (query: Listing) => read(sdk.listInvoices({ query: given(query) })),

  me: () => read(sdk.getMe()),
  login: (body: { email: string; password: string }) => read(sdk.signIn({ body })),
  logout: () => read(sdk.signOut()),
  redeemLink: (token: string) => read(sdk.redeemSignInLink({ body: { token } })),
  prove: (body: { password: string } | { code: string } | { assertion: PasskeyAssertion }) =>
    read(sdk.reauthenticate({ body })),
  register: (body: RegisterInput) => read(sdk.register({ body })),
  verifyEmail: (token: string, password: string | undefined) =>
    read(sdk.verifyEmail({ body: { token, ...(password === undefined ? {} : { password }) } })),
  resendVerification: (email: string) => read(sdk.resendVerification({ body: { email } })),
  requestPasswordReset: (email: string) => read(sdk.requestPasswordReset({ body: { email } })),
  resetPassword: (token: string, password: string) => read(sdk.resetPassword({ body: { token, password } })),
  changePassword: (password: string) => read(sdk.changePassword({ body: { password } })),
  sessions: () => read(sdk.listSessions()),
  endSession: (id: string) => read(sdk.endSession({ path: { id } })),
  endOtherSessions: () => read(sdk.endSessions({ query: { keep_current: "true" } })),
  profile: () => read(sdk.getProfile()),
  changeProfile: (body: ProfileInput) => read(sdk.changeProfile({ body })),
  deleteAccount: () => read(sdk.deleteAccount()),
  confirmDeletion: (token: string) => read(sdk.confirmDeletion({ body: { token } })),
  cancelDeletion: (body: { token: string } | { request_id: string }) => read(sdk.cancelDeletion({ body })),
  /** Null without one. */
  sso: (id: string) =>
    read(sdk.getSso({ path: { id } })).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }),
  setSso: (id: string, body: SsoInput) => read(sdk.setSso({ path: { id }, body })),
  removeSso: (id: string) => read(sdk.removeSso({ path: { id } })),
  signInProviders: () => read(sdk.listSignInProviders()),
  connectedAccounts: () => read(sdk.listConnectedAccounts()),
  connectAccount: (provider: Provider, return_to: string) =>
    read(sdk.connectAccount({ body: { provider, return_to } })),
  confirmAccount: (id: string) => read(sdk.confirmAccount({ body: { id } })),
  disconnectAccount: (id: string) => read(sdk.disconnectAccount({ path: { id } })),
  finishSignIn: (body: SecondStep) => read(sdk.finishSignIn({ body })),
  mfaStatus: () => read(sdk.getMfaStatus()),
  enrollMfa: () => read(sdk.enrollMfa()),
  confirmMfa: (code: string) => read(sdk.confirmMfa({ body: { code } })),
  disableMfa: () => read(sdk.disableMfa()),
  regenerateCodes: () => read(sdk.regenerateBackupCodes()),
  passkeys: () => read(sdk.listPasskeys()),
  passkeyOptions: () => read(sdk.getPasskeyRegistrationOptions()),
  registerPasskey: (body: NewPasskeyInput) => read(sdk.registerPasskey({ body })),
  passkeyLoginOptions: (challenge?: string) =>
    read(sdk.getPasskeyLoginOptions({ body: challenge === undefined ? {} : { challenge } })),
  passkeyLogin: (assertion: PasskeyAssertion) => read(sdk.signInByPasskey({ body: { assertion } })),
  renamePasskey: (id: string, name: string) => read(sdk.renamePasskey({ path: { id }, body: { name } })),
  removePasskey: (id: string) => read(sdk.removePasskey({ path: { id } })),
  switchOrganization: (org_id: string) => read(sdk.switchOrganization({ body: { org_id } })),

  authorizationRequest: (request_id: string) => read(sdk.getAuthorizationRequest({ path: { request_id } })),
  /** As JSON: a page cannot follow a redirect into an app by itself. */
  decideAuthorization: (request_id: string, approve: boolean) =>
    read(
      sdk.decideAuthorization({
        body: { request_id, approve },
        headers: { accept: "application/json" },
      }),
    ),
  findDevice: (user_code: string) => read(sdk.findDevice({ body: { user_code } })),
  decideDevice: (user_code: string, approve: boolean) =>
    read(sdk.decideDevice({ body: { user_code, approve } })),

  balance: () => read(sdk.getTokenBalance()),
  creditDays: (from: string) => read(sdk.listLedgerDays({ query: { unit: "credit", from } })),
  usage: (query: { group_by: string; from: string }) => read(sdk.getTokenUsage({ query })),
  usageRecords: (query: Listing & CallsFilter) => read(sdk.listUsageRecords({ query: given(query) })),

  packs: () => read(sdk.listCreditPacks()),
  purchase: (order: { pack_key: string; provider: "stripe" | "paypal" }, key: string) =>
    read(sdk.purchaseCredits({ body: order, ...idempotent(key) })),
  checkoutSession: (session_id: string) => read(sdk.getCheckoutSession({ path: { session_id } })),
  payments: (query: Listing) => read(sdk.listPayments({ query: given(query) })),
  payment: (id: string) => read(sdk.getPayment({ path: { id } })),
  autoTopup: () => read(sdk.getAutoTopup()),
  changeAutoTopup: (body: NewAutoTopupInput) => read(sdk.changeAutoTopup({ body })),
  startPayment: (body: NewPaymentIntentInput, key: string) =>
    read(sdk.startPaymentIntent({ body, ...idempotent(key) })),
  confirmPayment: (id: string, body: { payment_method_id: string }, key: string) =>
    read(sdk.confirmPaymentIntent({ path: { id }, body, ...idempotent(key) })),
  cancelPayment: (id: string, key: string) =>
    read(sdk.cancelPaymentIntent({ path: { id }, ...idempotent(key) })),

  events: (query: Listing & EventFilter) => read(sdk.listEvents({ query: given(query) })),
  eventCounts: () => read(sdk.countEvents()),
  event: (id: string) => read(sdk.getEvent({ path: { id } })),
  /** The delivered bytes as text. */
  eventPayload: (id: string): Promise<unknown> =>
    read(sdk.getEventPayload({ path: { id }, parseAs: "text" })),
  replayEvent: (id: string, key: string) =>
    read(sdk.replayEvent({ path: { id }, body: {}, ...idempotent(key) })),
  deadLetters: () => read(sdk.listDeadLetters()),
  rehearseEvent: (id: string) => read(sdk.replayEvent({ path: { id }, body: { dry_run: true } })),
  discardEvents: (ids: string[], reason: string, key: string) =>
    read(sdk.discardDeadLetters({ body: { ids, reason }, ...idempotent(key) })),
  replays: (query: Listing) => read(sdk.listReplays({ query: given(query) })),
  replay: (id: string) => read(sdk.getReplay({ path: { id } })),
  createReplay: (filter: EventFilter, key: string) =>
    read(sdk.createReplay({ body: given(filter), ...idempotent(key) })),
  runReplay: (id: string, key: string) => read(sdk.runReplay({ path: { id }, ...idempotent(key) })),
  cancelReplay: (id: string, key: string) => read(sdk.cancelReplay({ path: { id }, ...idempotent(key) })),
  endpoints: () => read(sdk.listWebhookEndpoints()),
  createEndpoint: (body: NewEndpoint, key: string) =>
    read(sdk.createWebhookEndpoint({ body, ...idempotent(key) })),
  changeEndpoint: (
    id: string,
    body: { enabled: boolean; max_attempts: number; cap_per_minute: number | null },
  ) => read(sdk.changeWebhookEndpoint({ path: { id }, body })),
  removeEndpoint: (id: string) => read(sdk.removeWebhookEndpoint({ path: { id } })),
  addSecret: (id: string, body: { secret: string; others_end_at?: string }, key: string) =>
    read(sdk.addWebhookSecret({ path: { id }, body, ...idempotent(key) })),
  removeSecret: (id: string, secret_id: string) => read(sdk.removeWebhookSecret({ path: { id, secret_id } })),

  ledgerAccounts: () => read(sdk.listLedgerAccounts()),
  ledgerTransactions: (query: Listing & LedgerFilter) =>
    read(sdk.listLedgerTransactions({ query: given(query) })),
  ledgerTransaction: (id: string) => read(sdk.getLedgerTransaction({ path: { id } })),
  verifyLedger: () => read(sdk.verifyLedger()),

  jobs: (query: Listing & JobFilter) => read(sdk.listJobs({ query: given(query), ...byItself() })),
  jobStats: () => read(sdk.getJobStats(byItself())),
  job: (id: string) => read(sdk.getJob({ path: { id }, ...byItself() })),
  cancelJob: (id: string) => read(sdk.cancelJob({ path: { id } })),
  retryJob: (id: string) => read(sdk.retryJob({ path: { id } })),

  // In OpenAI's shape, since no header asks for Anthropic's.
  models: () => read(sdk.listModelsLlm()) as Promise<ModelList>,

  apiKeys: () => read(sdk.listApiKeys()),
  createApiKey: (body: ApiKeyInput, key: string) => read(sdk.createApiKey({ body, ...idempotent(key) })),
  changeApiKey: (id: string, body: ApiKeyChange) => read(sdk.changeApiKey({ path: { id }, body })),
  rotateApiKey: (id: string, overlap_hours: number) =>
    read(sdk.rotateApiKey({ path: { id }, body: { overlap_hours } })),

  members: (query: Listing & { role?: Role | undefined; search?: string | undefined }) =>
    read(sdk.listMembers({ query: given(query) })),
  changeMember: (user_id: string, body: MemberChange) => read(sdk.changeMember({ path: { user_id }, body })),
  removeMember: (user_id: string) => read(sdk.removeMember({ path: { user_id } })),
  invitations: (query: Listing) => read(sdk.listInvitations({ query: given(query) })),
  invite: (body: { email: string; role: Role }, key: string) =>
    read(sdk.createInvitation({ body, ...idempotent(key) })),
  withdrawInvitation: (id: string) => read(sdk.withdrawInvitation({ path: { id } })),
  resendInvitation: (id: string) => read(sdk.resendInvitation({ path: { id } })),
  licenses: () => read(sdk.getLicenses()),
  readInvitation: (token: string) => read(sdk.readInvitation({ body: { token } })),
  acceptInvitation: (token: string) => read(sdk.acceptInvitation({ body: { token } })),
  explain: (body: ExplainInput) => read(sdk.explainAccess({ body })),

  organization: (id: string) => read(sdk.getOrganization({ path: { id } })),
  createOrganization: (body: { name: string; slug: string }, key: string) =>
    read(sdk.createOrganization({ body, ...idempotent(key) })),
  changeOrganization: (id: string, body: { name?: string; slug?: string }) =>
    read(sdk.changeOrganization({ path: { id }, body })),
  setPolicy: (id: string, body: PolicyInput) => read(sdk.setOrganizationPolicy({ path: { id }, body })),
  transferOrganization: (id: string, user_id: string) =>
    read(sdk.transferOrganization({ path: { id }, body: { user_id } })),
  deleteOrganization: (id: string) => read(sdk.deleteOrganization({ path: { id } })),
  revokeApiKey: (id: string) => read(sdk.revokeApiKey({ path: { id } })),

  auditEntries: (query: Listing & AuditFilter) => read(sdk.listAuditEntries({ query: given(query) })),
  /** Every organization's, and the installation's own. */
  auditTrails: (query: Listing & AuditFilter) => read(sdk.listAuditTrails({ query: given(query) })),
  reconciliationSummary: (hours_back: number) =>
    read(sdk.getReconciliationSummary({ query: { hours_back } })),
  breaks: (query: Listing & { state: BreakState }) =>
    read(sdk.listReconciliationBreaks({ query: given(query) })),
  resolveBreak: (
    id: string,
    body: { action: ReconciliationBreak["action"] | "accept"; note: string },
    key: string,
  ) => read(sdk.resolveReconciliationBreak({ path: { id }, body, ...idempotent(key) })),
  reconciliationRuns: (query: Listing) => read(sdk.listReconciliationRuns({ query: given(query) })),
  startReconciliationRun: (body: { account_id: string; from: string; to: string }, key: string) =>
    read(sdk.startReconciliationRun({ body, ...idempotent(key) })),
  refunds: (query: Listing & { status?: RefundStatus | undefined }) =>
    read(sdk.listRefunds({ query: given(query) })),
  createRefund: (body: RefundInput, key: string) => read(sdk.createRefund({ body, ...idempotent(key) })),
  approveRefund: (id: string, key: string) => read(sdk.approveRefund({ path: { id }, ...idempotent(key) })),
  verifyAudit: () => read(sdk.verifyAuditLog()),
  verifyInstallation: () => read(sdk.verifyInstallationTrail()),
  exportAudit: (key: string) => read(sdk.exportAuditLog(idempotent(key))),

  people: (query: Listing & PeopleFilter) => read(sdk.listPeople({ query: given(query) })),
  person: (id: string) => read(sdk.getPerson({ path: { id } })),
  invitePerson: (body: { email: string; full_name: string }, key: string) =>
    read(sdk.invitePerson({ body, ...idempotent(key) })),
  setPersonStatus: (id: string, body: { active: boolean; reason: string }) =>
    read(sdk.setPersonStatus({ path: { id }, body })),
  setPersonAdmin: (id: string, admin: boolean) => read(sdk.setPersonAdmin({ path: { id }, body: { admin } })),
  resetPersonMfa: (id: string) => read(sdk.resetPersonMfa({ path: { id } })),
  suspendOrganization: (id: string, reason: string) =>
    read(sdk.suspendOrganization({ path: { id }, body: { reason } })),
  resumeOrganization: (id: string) => read(sdk.resumeOrganization({ path: { id } })),
  viewAs: (id: string, reason: string) => read(sdk.viewAsPerson({ path: { id }, body: { reason } })),
  endView: () => read(sdk.endView()),
  usageStats: (query: { from: string; group_by: UsageBy }) => read(sdk.getUsageStats({ query })),
  revenue: (query: { from: string; group_by: RevenueBy }) => read(sdk.getRevenue({ query })),

  system: () => read(sdk.getSystem()),
  cache: (window: CacheWindow) => read(sdk.getCache({ query: { window } })),
  invalidateCache: (tags: string[]) => read(sdk.invalidateCache({ body: { tags } })),
  rateLimits: () => read(sdk.getRateLimits()),
  setRateLimit: (subject: string, name: string, body: { limit: number; window_s: number }) =>
    read(sdk.setRateLimit({ path: { subject, class: name }, body })),
  removeRateLimit: (subject: string, name: string) =>
    read(sdk.removeRateLimit({ path: { subject, class: name } })),
};
