/** What the API answers: the contract's types, and names for the parts of them that screens show. */
import type {
  AddProviderData,
  AddProviderKeyData,
  ChangeProviderKeyData,
  CacheState,
  ChangeProviderData,
  ImportPricesData,
  SetModelTiersData,
  PriceVersionList,
  PutInstallationLlmPolicyData,
  PutLlmPolicyData,
  CreateRefundData,
  ReconciliationBreak,
  Refund,
  GetRevenueData,
  GetUsageStatsData,
  Person,
  Revenue,
  UsageStats,
  ChangeProfileData,
  ChangeApiKeyData,
  ChangeMemberData,
  ExplainAccessData,
  SetOrganizationPolicyData,
  CreateApiKeyData,
  CreateOutboundEndpointData,
  CustomerTimeline,
  OutboundMessageDetail,
  ChangeOutboundEndpointData,
  AdjustByHandData,
  GrantByHandData,
  InboxHours,
  LedgerCheck,
  ListedAdjustment,
  FinishSignInData,
  JobStats,
  LedgerAccounts,
  PlanPrices,
  MfaChallenge,
  RegisterPasskeyData,
  RateLimits,
  RegisterData,
  SetSsoData,
  SignInProviders,
  SetTokenLimitsData,
  TokenBalance,
  TokenLimits,
  TokenUsage,
  WebhookDeadLetters,
  WebhookDiff,
  WebhookReplay,
  WebhookReplayDetail,
  WebhookEvent,
  WebhookEventDetail,
} from "../../../contract/client/types.gen.ts";

export type {
  AdminProvider,
  ApiKeyDefaults,
  InstallationLlmPolicy,
  LlmPolicy,
  LlmProviderList,
  OpenHold,
  PriceImportResult,
  PriceTier,
  ProviderKey,
  BillingCustomer,
  AutoTopup,
  NewAutoTopupInput,
  NewBillingCustomerInput,
  NewPaymentIntentInput,
  PaymentMethod,
  Plan,
  Plans,
  PlanChangeInput,
  Customer,
  CustomerTimeline,
  Dispute,
  InstallationPayment,
  PlanVersion,
  PlanChangeOrderInput,
  PlanChangePreview,
  PlanUsage,
  Subscription,
  Invoice,
  SsoConnection,
  AccessExplanation,
  AuditEntry,
  AuditVerdict,
  Person,
  PersonDetail,
  Revenue,
  ReconciliationBreak,
  OutboundEndpoint,
  OutboundMessage,
  OutboundMessageDetail,
  ReconciliationRun,
  ReconciliationSummary,
  Refund,
  Report,
  UsageStats,
  Invitation,
  InvitationPage,
  Licenses,
  Member,
  OrganizationDetail,
  OrganizationPolicy,
  Role,
  ApiKey,
  CacheState,
  CheckoutSession,
  ConnectedAccount,
  CreditPack,
  Job,
  JobDetail,
  JobState,
  JobStats,
  LedgerTransaction,
  MfaChallenge,
  MfaEnrollment,
  MfaStatus,
  Passkey,
  LedgerSeal,
  LedgerVerification,
  ListedAdjustment,
  SealVerification,
  LimitOverride,
  Me,
  Model,
  ModelList,
  NewApiKey,
  Payment,
  PaymentDetail,
  RateLimits,
  Profile,
  SessionEntry,
  System,
  TokenBalance,
  Receipt,
  TokenHold,
  TokenLimits,
  UsageRecord,
  WaitingDevice,
  WebhookCounts,
  WebhookEndpoint,
  WebhookEvent,
  WebhookEventDetail,
} from "../../../contract/client/types.gen.ts";

/** `{data, has_more, next_cursor}`, which every list answers. */
export type Page<T> = { data: T[]; has_more: boolean; next_cursor: string | null };

export type PersonStatus = Person["status"];
export type UsageBy = NonNullable<NonNullable<GetUsageStatsData["query"]>["group_by"]>;
export type UsageStatsRow = UsageStats["data"][number];
export type RevenueBy = NonNullable<NonNullable<GetRevenueData["query"]>["group_by"]>;
export type BreakState = ReconciliationBreak["state"];
export type RefundInput = CreateRefundData["body"];
export type RefundStatus = Refund["status"];
export type RevenueTotals = Revenue["totals"][number];
export type NewOutboundEndpointInput = CreateOutboundEndpointData["body"];
export type OutboundEndpointChange = ChangeOutboundEndpointData["body"];
export type OutboundAttempt = OutboundMessageDetail["attempts_log"][number];
export type GrantInput = GrantByHandData["body"];
export type AdjustmentInput = AdjustByHandData["body"];
export type AdjustmentState = ListedAdjustment["state"];
export type NightlyCheck = NonNullable<LedgerCheck["check"]>;
export type Moment = CustomerTimeline["data"][number];
export type InboxHour = InboxHours["data"][number];
export type PlannedPrice = PlanPrices["data"][number];
export type CacheWindow = CacheState["window"];
export type CachedResource = CacheState["resources"][number];
export type LimitedSubject = RateLimits["top"][number];
export type LimitClass = RateLimits["classes"][number];
export type SsoInput = SetSsoData["body"];
export type Provider = SignInProviders["providers"][number];
export type Grant = TokenBalance["grants"][number];
export type EventState = WebhookEvent["state"];
export type JobKindStats = JobStats["data"][number];
export type Effect = WebhookEvent["effects"][number];
export type Attempt = WebhookEventDetail["attempts_log"][number];
export type DeadGroup = WebhookDeadLetters["data"][number];
export type LedgerAccount = LedgerAccounts["data"][number];
export type LimitsInput = SetTokenLimitsData["body"];
export type LimitStanding = TokenLimits["data"][number];
export type LimitRule = TokenLimits["rules"][number];
export type UsageGroup = TokenUsage["data"][number];
export type UsageSums = TokenUsage["totals"];
export type RegisterInput = RegisterData["body"];
export type ProfileInput = ChangeProfileData["body"];
export type ApiKeyInput = CreateApiKeyData["body"];
export type SecondStep = FinishSignInData["body"];
export type SecondFactor = MfaChallenge["methods"][number];
export type PasskeyAssertion = NonNullable<SecondStep["assertion"]>;
export type NewPasskeyInput = RegisterPasskeyData["body"];
export type ApiKeyChange = ChangeApiKeyData["body"];
export type MemberChange = ChangeMemberData["body"];
export type ExplainInput = ExplainAccessData["body"];
export type Permission = ExplainInput["permission"];
export type PolicyInput = SetOrganizationPolicyData["body"];
export type Diff = WebhookDiff;
export type DiffChange = WebhookDiff["changes"][number];
export type Replay = WebhookReplay;
export type ReplayDetail = WebhookReplayDetail;
export type NewProviderInput = AddProviderData["body"];
export type ProviderChange = ChangeProviderData["body"];
export type PriceTiersInput = SetModelTiersData["body"];
export type PriceImportInput = ImportPricesData["body"];
export type PriceVersionRow = PriceVersionList["data"][number];
export type PolicyOfCalls = PutLlmPolicyData["body"];
export type PolicyOfAllCalls = PutInstallationLlmPolicyData["body"];
export type NewProviderKeyInput = AddProviderKeyData["body"];
export type ProviderKeyChange = ChangeProviderKeyData["body"];
