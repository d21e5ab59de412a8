/** How to call each operation rightfully. An operation without an example here fails the sweep. */
import type { TestApp } from "../harness/app.ts";
import type { Client } from "../harness/client.ts";
import { OWNER, SETUP_TOKEN } from "../harness/people.ts";
import { factorExamples } from "./examples-factors.ts";
import {
  aDeviceToDecide,
  aDeviceToFind,
  APP,
  aRequestToDecide,
  aRequestToRead,
  AUTHORIZE,
} from "./app-rows.ts";
import {
  aBackfill,
  aDeadEvent,
  aDoneEvent,
  aReplay,
  aJob,
  aLimit,
  aPasser,
  aPurchase,
  aSession,
  aSignedEvent,
  aSignedMailEvent,
  aSignedPaypalEvent,
  aTransaction,
  anAuditExport,
  aFurtherEndpoint,
  anAccount,
  anEndpoint,
  aSecret,
  aConnection,
  anOAuthAccount,
  ssoOf,
  credits,
  ownOrganization,
} from "./rows.ts";
import { billingExamples } from "./examples-billing.ts";
import {
  completion,
  embedding,
  gatewayExamples,
  message,
  response,
  transcription,
} from "./examples-gateway.ts";
import { paymentsExamples } from "./examples-payments.ts";
import { relayExamples } from "./examples-relay.ts";
import { llmExamples } from "./examples-llm.ts";
import { proofExamples } from "./examples-proof.ts";
import { operatorExamples } from "./examples-operator.ts";
import { teamExamples } from "./examples-team.ts";

/** What a call carries. */
export type Given = {
  /** Values of the path's placeholders; rows of the first organization, unless the operator's or everyone's. */
  params?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
};

export type Example = {
  given?: (app: TestApp) => Given | Promise<Given>;
  /** Of a rightful call, where it is not the documented success. */
  status?: number;
  /** The answer does not end by itself: only its head is read. */
  streams?: true;
  /** The call ends or moves the session that makes it. */
  spendsSession?: true;
  /** Who makes the rightful call, where it must not be the owner: it would end the sessions of the other calls. */
  by?: (app: TestApp) => Promise<Client>;
  /** A body that names a row of the first organization: for a neighbour it is 404, as ids in the path are. */
  bodyNamesRow?: true;
  /** The query is another company's, which may add to it: unknown fields are let pass. */
  takesAnyQuery?: true;
  /** What the path names belongs to nobody, so that a neighbour sees it too. */
  pathIsPublic?: true;
};

const body = (value: unknown): Example => ({ given: () => ({ body: value }) });
const chat: Example = {
  async given(app) {
    await credits(app);
    return {
      body: { model: "sandbox/echo", max_tokens: 5, messages: [{ role: "user", content: "Hello" }] },
    };
  },
};
const model: Example = {
  given: () => ({ params: { author: "openai", slug: "gpt-4o-mini" } }),
  pathIsPublic: true,
};
const modelById: Example = { given: () => ({ params: { id: "openai/gpt-4o-mini" } }), pathIsPublic: true };
const replay: Example = { given: async (app) => ({ params: { id: await aReplay(app) } }) };
/** The same at the endpoint's own address, which is open to everyone. */
const at = (source: string, signed: (app: TestApp) => Given | Promise<Given>): Example => ({
  given: async (app) => ({ ...(await signed(app)), params: { endpoint_id: await anEndpoint(app, source) } }),
  pathIsPublic: true,
});
const event: Example = { given: async (app) => ({ params: { id: await aDoneEvent(app) } }) };

export const examples: Record<string, Example> = {
  ...factorExamples,
  ...llmExamples,
  ...proofExamples,
  ...operatorExamples,
  ...paymentsExamples,
  ...relayExamples,
  // System
  getSystem: {},
  stream: { streams: true },
  // Cache
  getCache: {},
  invalidateCache: body({ tags: ["organization:none"] }),
  // Limits
  getOwnRateLimits: {},
  getRateLimits: {},
  setRateLimit: {
    given: () => ({
      params: { subject: "203.0.113.7", class: "address" },
      body: { limit: 200, window_s: 60 },
    }),
    pathIsPublic: true,
  },
  removeRateLimit: { given: async (app) => ({ params: await aLimit(app) }), pathIsPublic: true },
  // Sign-in
  setUp: { ...body({ ...OWNER, token: SETUP_TOKEN, full_name: "Second" }), status: 410 },
  signIn: body(OWNER),
  refreshTokens: { ...body({ refresh_token: "x".repeat(43) }), status: 401 },
  signOut: {},
  listSessions: {},
  endSession: { given: async (app) => ({ params: { id: await aSession(app) } }) },
  endSessions: { by: (app) => app.member("viewer") },
  reauthenticate: body({ password: OWNER.password }),
  createSignInLink: {},
  redeemSignInLink: { ...body({ token: "x".repeat(43) }), status: 410 },
  getMe: {},
  listSignInProviders: {},
  startOAuth: { given: () => ({ params: { provider: "google" } }), pathIsPublic: true },
  finishOAuth: { given: () => ({ params: { provider: "google" } }), pathIsPublic: true, takesAnyQuery: true },
  startSso: { given: () => ({ query: { email: "somebody@nowhere.example" } }) },
  finishSso: { takesAnyQuery: true },
  getSso: { given: aConnection },
  setSso: {
    given: async (app) => ({
      ...(await aConnection(app)),
      body: { ...ssoOf(app), client_secret: "another", domain: "sweep.example", required: false },
    }),
  },
  removeSso: { given: aConnection },
  listConnectedAccounts: {},
  connectAccount: body({ provider: "google" }),
  confirmAccount: { ...body({ id: "oac_1" }), status: 404 },
  disconnectAccount: { given: async (app) => ({ params: { id: await anOAuthAccount(app) } }) },
  switchOrganization: {
    given: async (app) => ({ body: { org_id: await ownOrganization(app) } }),
    bodyNamesRow: true,
    spendsSession: true,
  },
  // Audit
  listAuditEntries: {},
  verifyAuditLog: {},
  verifyInstallationTrail: {},
  exportAuditLog: {},
  downloadAuditExport: { given: async (app) => ({ params: { id: await anAuditExport(app) } }) },
  listAuditTrails: {},
  // Native apps
  authorize: { given: () => ({ query: AUTHORIZE }) },
  getAuthorizationRequest: {
    given: async (app) => ({ params: { request_id: await aRequestToRead(app) } }),
    pathIsPublic: true,
  },
  decideAuthorization: {
    given: async (app) => ({
      body: { request_id: await aRequestToDecide(app), approve: true },
      headers: { accept: "application/json" },
    }),
  },
  grantTokens: {
    ...body({ grant_type: "refresh_token", client_id: APP, refresh_token: "x".repeat(43) }),
    status: 400,
  },
  revokeToken: body({ token: "x".repeat(43) }),
  startDevice: body({ client_id: APP }),
  findDevice: { given: async (app) => ({ body: { user_code: await aDeviceToFind(app) } }) },
  decideDevice: {
    given: async (app) => ({ body: { user_code: await aDeviceToDecide(app), approve: true } }),
  },
  getKeySet: {},
  getAuthorizationServer: {},
  ...teamExamples,
  // Sign-up and account
  register: body({ email: "new@example.com", password: OWNER.password, full_name: "New" }),
  verifyEmail: { ...body({ token: "x".repeat(43) }), status: 410 },
  resendVerification: body({ email: "new@example.com" }),
  requestPasswordReset: body({ email: OWNER.email }),
  resetPassword: { ...body({ token: "x".repeat(43), password: OWNER.password }), status: 410 },
  changePassword: { ...body({ password: OWNER.password }), by: aPasser },
  getProfile: {},
  getOwnProfile: {},
  changeProfile: body({ full_name: "Ona Owner" }),
  deleteAccount: { by: aPasser },
  confirmDeletion: { ...body({ token: "x".repeat(43) }), status: 410 },
  cancelDeletion: { ...body({ token: "x".repeat(43) }), status: 410 },
  // Ledger
  getLedgerBalances: {},
  listLedgerDays: {},
  listLedgerAccounts: {},
  listLedgerTransactions: {},
  getLedgerTransaction: { given: async (app) => ({ params: { id: await aTransaction(app) } }) },
  verifyLedger: {},
  // Inbox
  receiveStripeEvent: { given: aSignedEvent },
  receiveStripeEventAt: at("stripe", aSignedEvent),
  receivePaypalEvent: { given: aSignedPaypalEvent },
  receivePaypalEventAt: at("paypal", aSignedPaypalEvent),
  receiveResendEvent: { given: aSignedMailEvent },
  receiveResendEventAt: at("resend", aSignedMailEvent),
  listEvents: {},
  countEvents: {},
  listInboxHours: {},
  getEvent: event,
  getEventPayload: event,
  replayEvent: { given: async (app) => ({ params: { id: await aDoneEvent(app) }, body: {} }), status: 202 },
  discardDeadLetters: {
    given: async (app) => ({ body: { ids: [await aDeadEvent(app)], reason: "Sweep test" } }),
  },
  listReplays: {},
  createReplay: {
    given: async (app) => {
      await aDoneEvent(app);
      return { body: { source: "stripe" } };
    },
  },
  getReplay: replay,
  runReplay: replay,
  cancelReplay: replay,
  listDeadLetters: {},
  createBackfill: { given: async (app) => ({ body: { account_id: await anAccount(app) } }) },
  getBackfill: { given: async (app) => ({ params: { id: await aBackfill(app) } }) },
  listWebhookEndpoints: {},
  createWebhookEndpoint: body({ source: "stripe", account_id: "acct_sweep" }),
  removeWebhookEndpoint: { given: async (app) => ({ params: { id: await aFurtherEndpoint(app) } }) },
  addWebhookSecret: {
    given: async (app) => ({
      params: { id: await aFurtherEndpoint(app) },
      body: { secret: "whsec_of_the_sweep_test" },
    }),
  },
  removeWebhookSecret: { given: async (app) => ({ params: await aSecret(app) }) },
  changeWebhookEndpoint: {
    given: async (app) => ({ params: { id: await anEndpoint(app) }, body: { max_attempts: 12 } }),
  },
  // Jobs
  listJobs: {},
  getJobStats: {},
  getJob: { given: async (app) => ({ params: { id: await aJob(app, "failed") } }) },
  cancelJob: { given: async (app) => ({ params: { id: await aJob(app, "scheduled") } }) },
  retryJob: { given: async (app) => ({ params: { id: await aJob(app, "failed") } }) },
  // Billing
  ...billingExamples,
  listCreditPacks: {},
  purchaseCredits: body({ pack_key: "starter" }),
  startCheckout: body({ purpose: "credits", reference: "starter" }),
  listPayments: {},
  getPayment: { given: async (app) => ({ params: { id: (await aPurchase(app)).payment_id } }) },
  getCheckoutSession: {
    given: async (app) => ({ params: { session_id: (await aPurchase(app)).session_id } }),
  },
  // Gateway
  createChatCompletion: chat,
  createChatCompletionLlm: chat,
  createCompletion: completion,
  createCompletionLlm: completion,
  createEmbedding: embedding,
  createEmbeddingLlm: embedding,
  createTranscription: transcription,
  createTranscriptionLlm: transcription,
  createResponse: response,
  createResponseLlm: response,
  createMessage: message,
  createMessageLlm: message,
  countMessageTokens: message,
  countMessageTokensLlm: message,
  listModels: {},
  listModelsLlm: {},
  getModel: model,
  getModelLlm: model,
  getModelById: modelById,
  getModelByIdLlm: modelById,
  getTokenBalance: {},
  getTokenUsage: {},
  listUsageRecords: {},
  ...gatewayExamples,
};
