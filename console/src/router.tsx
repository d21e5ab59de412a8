import { createRoute, createRouter } from "@tanstack/react-router";
import type { JobState, PersonStatus } from "./api/types.ts";
import { AuditScreen } from "./products/audit/audit-screen.tsx";
import { ConsentScreen } from "./products/apps/consent-screen.tsx";
import { DeviceScreen } from "./products/apps/device-screen.tsx";
import { BillingScreen } from "./products/billing/billing-screen.tsx";
import { InvoicesScreen } from "./products/billing/invoices-screen.tsx";
import { PayScreen } from "./products/billing/pay-screen.tsx";
import { PaymentMethodsScreen } from "./products/billing/payment-methods-screen.tsx";
import { PlansScreen } from "./products/billing/plans-screen.tsx";
import { SubscribedScreen } from "./products/billing/return-screen.tsx";
import { CallLimitsScreen } from "./products/call-limits/call-limits-screen.tsx";
import { CreditsScreen } from "./products/credits/credits-screen.tsx";
import { ReturnScreen } from "./products/credits/return-screen.tsx";
import { ApiKeysScreen } from "./products/developers/api-keys-screen.tsx";
import { ModelsScreen } from "./products/gateway/models-screen.tsx";
import { ReceiptScreen } from "./products/gateway/receipt-screen.tsx";
import { PlaygroundScreen } from "./products/gateway/playground-screen.tsx";
import { UsageScreen } from "./products/gateway/usage-screen.tsx";
import { DeadLettersScreen } from "./products/inbox/dead-letters-screen.tsx";
import { EndpointDrawer } from "./products/inbox/endpoint-drawer.tsx";
import { EndpointsScreen } from "./products/inbox/endpoints-screen.tsx";
import { EventDrawer } from "./products/inbox/event-drawer.tsx";
import { EVENT_STATES, ORIGINS } from "./products/inbox/event-state.tsx";
import { InboxScreen, type InboxSearch } from "./products/inbox/inbox-screen.tsx";
import { ReplayDrawer } from "./products/inbox/replay-drawer.tsx";
import { ReplaysScreen } from "./products/inbox/replays-screen.tsx";
import { JobDrawer } from "./products/jobs/job-drawer.tsx";
import { JOB_STATES } from "./products/jobs/job-state.tsx";
import { JobsScreen } from "./products/jobs/jobs-screen.tsx";
import { LedgerScreen } from "./products/ledger/ledger-screen.tsx";
import { TransactionDrawer } from "./products/ledger/transaction-drawer.tsx";
import { CacheScreen } from "./products/operator/cache-screen.tsx";
import { InstallationUsageScreen } from "./products/operator/installation-usage-screen.tsx";
import { LimitsScreen } from "./products/operator/limits-screen.tsx";
import { PeopleScreen } from "./products/operator/people-screen.tsx";
import { PEOPLE_STATUSES } from "./products/operator/person-status.tsx";
import { ReconciliationScreen } from "./products/reconciliation/reconciliation-screen.tsx";
import { RefundsScreen } from "./products/refunds/refunds-screen.tsx";
import { RevenueScreen } from "./products/operator/revenue-screen.tsx";
import { OrganizationScreen } from "./products/organization/organization-screen.tsx";
import { OverviewScreen } from "./products/overview/overview-screen.tsx";
import { PaymentDrawer } from "./products/payments/payment-drawer.tsx";
import { PaymentsScreen } from "./products/payments/payments-screen.tsx";
import { ProfileScreen } from "./products/profile/profile-screen.tsx";
import { SecurityScreen } from "./products/security/security-screen.tsx";
import { ConnectScreen } from "./products/sign-in/connect-screen.tsx";
import { DeleteAccountScreen, KeepAccountScreen } from "./products/sign-in/deletion-screens.tsx";
import { ForgotScreen, ResetScreen } from "./products/sign-in/reset-screens.tsx";
import { SignInScreen } from "./products/sign-in/sign-in-screen.tsx";
import { SignUpScreen } from "./products/sign-in/sign-up-screen.tsx";
import { VerifyScreen } from "./products/sign-in/verify-screen.tsx";
import { SystemScreen } from "./products/system/system-screen.tsx";
import { InvitationScreen } from "./products/team/invitation-screen.tsx";
import { TeamScreen } from "./products/team/team-screen.tsx";
import { Broken, NotFound } from "./shell/errors.tsx";
import { PlainShell } from "./shell/plain-shell.tsx";
import { booksRoutes } from "./routes/books.ts";
import { llmRoutes } from "./routes/llm.ts";
import { proofRoutes } from "./routes/proof.ts";
import { relayRoutes } from "./routes/relay.ts";
import { app, root, type Search, texts } from "./routes/roots.ts";

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  component: SignInScreen,
  validateSearch: texts("next", "error", "provider", "link"),
});
const signUp = createRoute({ getParentRoute: () => root, path: "/sign-up", component: SignUpScreen });
const verify = createRoute({ getParentRoute: () => root, path: "/verify-email", component: VerifyScreen });
const forgot = createRoute({ getParentRoute: () => root, path: "/forgot-password", component: ForgotScreen });
const reset = createRoute({ getParentRoute: () => root, path: "/reset-password", component: ResetScreen });
const deleteAccount = createRoute({
  getParentRoute: () => root,
  path: "/delete-account",
  component: DeleteAccountScreen,
});
const keepAccount = createRoute({
  getParentRoute: () => root,
  path: "/keep-account",
  component: KeepAccountScreen,
});
const connect = createRoute({
  getParentRoute: () => root,
  path: "/sign-in/connect",
  component: ConnectScreen,
  validateSearch: texts("next"),
});
const plain = createRoute({ getParentRoute: () => root, id: "plain", component: PlainShell });
const consent = createRoute({
  getParentRoute: () => plain,
  path: "/consent",
  component: ConsentScreen,
  validateSearch: texts("request_id"),
});
const device = createRoute({ getParentRoute: () => plain, path: "/device", component: DeviceScreen });

const overview = createRoute({ getParentRoute: () => app, path: "/", component: OverviewScreen });
const credits = createRoute({
  getParentRoute: () => app,
  path: "/credits",
  component: CreditsScreen,
  validateSearch: texts("buy"),
});
const creditsReturn = createRoute({
  getParentRoute: () => app,
  path: "/credits/return",
  component: ReturnScreen,
  validateSearch: texts("session_id"),
});
const billing = createRoute({ getParentRoute: () => app, path: "/billing", component: BillingScreen });
const billingReturn = createRoute({
  getParentRoute: () => app,
  path: "/billing/return",
  component: SubscribedScreen,
  validateSearch: texts("session_id"),
});
const plans = createRoute({ getParentRoute: () => app, path: "/plans", component: PlansScreen });
const paymentMethods = createRoute({
  getParentRoute: () => app,
  path: "/payment-methods",
  component: PaymentMethodsScreen,
  validateSearch: texts("added"),
});
const pay = createRoute({
  getParentRoute: () => app,
  path: "/pay/$paymentId",
  component: PayScreen,
  validateSearch: texts("payment_intent"),
});
const invoices = createRoute({ getParentRoute: () => app, path: "/invoices", component: InvoicesScreen });
const payments = createRoute({ getParentRoute: () => app, path: "/payments", component: PaymentsScreen });
const payment = createRoute({ getParentRoute: () => payments, path: "$paymentId", component: PaymentDrawer });

const inbox = createRoute({
  getParentRoute: () => app,
  path: "/inbox",
  component: InboxScreen,
  validateSearch: (search: Search): InboxSearch => {
    const state = EVENT_STATES.find((each) => each.state === search.state)?.state;
    const origin = ORIGINS.find((each) => each === search.origin);
    const named = texts("type", "object", "source", "error")(search);
    return { ...named, ...(state && { state }), ...(origin && { origin }) };
  },
});
const event = createRoute({ getParentRoute: () => inbox, path: "$eventId", component: EventDrawer });
const deadLetters = createRoute({
  getParentRoute: () => app,
  path: "/dead-letters",
  component: DeadLettersScreen,
});

const replays = createRoute({ getParentRoute: () => app, path: "/replays", component: ReplaysScreen });
const replay = createRoute({ getParentRoute: () => replays, path: "$replayId", component: ReplayDrawer });
const endpoints = createRoute({ getParentRoute: () => app, path: "/endpoints", component: EndpointsScreen });
const endpoint = createRoute({
  getParentRoute: () => endpoints,
  path: "$endpointId",
  component: EndpointDrawer,
});

const ledger = createRoute({
  getParentRoute: () => app,
  path: "/ledger",
  component: LedgerScreen,
  validateSearch: texts("unit", "kind", "from", "to"),
});
const transaction = createRoute({
  getParentRoute: () => ledger,
  path: "$transactionId",
  component: TransactionDrawer,
});

const jobs = createRoute({
  getParentRoute: () => app,
  path: "/jobs",
  component: JobsScreen,
  validateSearch: (search: Search): { state?: JobState; kind?: string } => {
    const state = JOB_STATES.find((each) => each.state === search.state)?.state;
    return { ...texts("kind")(search), ...(state && { state }) };
  },
});
const job = createRoute({ getParentRoute: () => jobs, path: "$jobId", component: JobDrawer });

const playground = createRoute({
  getParentRoute: () => app,
  path: "/playground",
  component: PlaygroundScreen,
});
const usage = createRoute({
  getParentRoute: () => app,
  path: "/usage",
  component: UsageScreen,
  validateSearch: texts("model", "outcome", "days"),
});
const receipt = createRoute({
  getParentRoute: () => app,
  path: "/receipts/$requestId",
  component: ReceiptScreen,
});
const models = createRoute({ getParentRoute: () => app, path: "/models", component: ModelsScreen });
const apiKeys = createRoute({
  getParentRoute: () => app,
  path: "/api-keys",
  component: ApiKeysScreen,
  validateSearch: texts("create"),
});
const callLimits = createRoute({
  getParentRoute: () => app,
  path: "/call-limits",
  component: CallLimitsScreen,
});
const profile = createRoute({ getParentRoute: () => app, path: "/profile", component: ProfileScreen });
const security = createRoute({
  getParentRoute: () => app,
  path: "/security",
  component: SecurityScreen,
  validateSearch: texts("linked", "error", "provider"),
});
const cache = createRoute({ getParentRoute: () => app, path: "/cache", component: CacheScreen });
const limits = createRoute({ getParentRoute: () => app, path: "/limits", component: LimitsScreen });
const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  component: AuditScreen,
  validateSearch: texts("action", "actor", "target", "trails"),
});
const people = createRoute({
  getParentRoute: () => app,
  path: "/people",
  component: PeopleScreen,
  validateSearch: (search: Search): { search?: string; status?: PersonStatus } => {
    const status = PEOPLE_STATUSES.find((each) => each.value === search["status"])?.value;
    return { ...texts("search")(search), ...(status && { status }) };
  },
});
const installationUsage = createRoute({
  getParentRoute: () => app,
  path: "/installation-usage",
  component: InstallationUsageScreen,
  validateSearch: texts("days"),
});
const reconciliation = createRoute({
  getParentRoute: () => app,
  path: "/reconciliation",
  component: ReconciliationScreen,
});
const refunds = createRoute({ getParentRoute: () => app, path: "/refunds", component: RefundsScreen });
const revenue = createRoute({
  getParentRoute: () => app,
  path: "/revenue",
  component: RevenueScreen,
  validateSearch: texts("days"),
});
const team = createRoute({ getParentRoute: () => app, path: "/team", component: TeamScreen });
const organization = createRoute({
  getParentRoute: () => app,
  path: "/organization",
  component: OrganizationScreen,
});
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: InvitationScreen,
});
const system = createRoute({ getParentRoute: () => app, path: "/system", component: SystemScreen });

const routeTree = root.addChildren([
  signIn,
  signUp,
  verify,
  forgot,
  reset,
  deleteAccount,
  keepAccount,
  invitation,
  plain.addChildren([consent, device]),
  connect,
  app.addChildren([
    overview,
    credits,
    creditsReturn,
    billing,
    billingReturn,
    plans,
    paymentMethods,
    pay,
    invoices,
    payments.addChildren([payment]),
    inbox.addChildren([event]),
    deadLetters,
    replays.addChildren([replay]),
    endpoints.addChildren([endpoint]),
    ledger.addChildren([transaction]),
    playground,
    usage,
    receipt,
    models,
    apiKeys,
    callLimits,
    team,
    organization,
    jobs.addChildren([job]),
    profile,
    security,
    system,
    cache,
    limits,
    audit,
    people,
    installationUsage,
    reconciliation,
    refunds,
    revenue,
    relayRoutes,
    ...booksRoutes,
    ...llmRoutes,
    ...proofRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultNotFoundComponent: NotFound,
  defaultErrorComponent: Broken,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
