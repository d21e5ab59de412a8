import cookie from "@fastify/cookie";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { validatorCompiler } from "fastify-type-provider-zod";
import { z } from "zod";
import { newId } from "../ids.ts";
import { Problem, common } from "../problem.ts";
import { context } from "../telemetry/index.ts";
import { authorize, demand, scopeOf, type Access, type Actor } from "./access.ts";
import { checkUrl, parseBodies } from "./body.ts";
import { sendProblem, toProblem } from "./errors.ts";
import { once, readKey } from "./idempotency.ts";
import { observe } from "./observe.ts";
import { openapi } from "./openapi.ts";
import type { Rule } from "../rate-limit/index.ts";
import type { HttpOptions } from "./options.ts";
import type { Call, Operation } from "./operation.ts";
import { ruleOf, takeForAddress, takeFrom, takeLimit } from "./limits.ts";
import { servePages } from "./pages.ts";

export type Http = {
  readonly app: FastifyInstance;
  /** Declares one operation; see `Operation`. */
  operation<
    const A extends Access,
    Q extends z.ZodType | undefined = undefined,
    P extends z.ZodType | undefined = undefined,
    B extends z.ZodType | undefined = undefined,
    R extends z.ZodType | null = null,
  >(
    operation: Operation<A, Q, P, B, R>,
  ): void;
  /** Whether a request that is still being answered would be let in now, as whom it was. Keeps no session alive. */
  stillAllowed(request: FastifyRequest): Promise<boolean>;
  /** The limit classes of what was declared so far, by name. */
  readonly rules: ReadonlyMap<string, Rule>;
};

const DEFAULT_BODY_LIMIT = 1024 * 1024;

/** Builds the server; routes are declared before `app.ready()`. */
export async function createHttp(options: HttpOptions): Promise<Http> {
  const app = Fastify({
    logger: false,
    genReqId: () => newId("req"),
    bodyLimit: DEFAULT_BODY_LIMIT,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 200 },
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: "idle",
    // A path that cannot be read names nothing that exists.
    frameworkErrors: (cause, request, reply) =>
      sendProblem(options.logger, new Problem(common.not_found, { cause }), request, reply),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(() => JSON.stringify);
  parseBodies(app);
  await app.register(cookie);
  observe(app, options);
  await openapi(app, options);
  app.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error);
    // A connection closed while its caller still sends loses the answer. What comes is dropped, until `requestTimeout`.
    if (problem.kind === common.request_too_large) reply.removeHeader("connection");
    sendProblem(options.logger, problem, request, reply);
  });
  const pages = options.pagesDir ? await servePages(app, options.pagesDir) : null;
  app.setNotFoundHandler((request, reply) => {
    if (pages?.isPage(request)) pages.send(reply);
    else sendProblem(options.logger, new Problem(common.not_found), request, reply);
  });
  const rules = new Map<string, Rule>();
  return {
    app,
    operation(operation) {
      const rule = ruleOf(operation as unknown as Operation);
      if (rule) rules.set(rule.name, rule);
      declare(app, options, operation as unknown as Operation);
    },
    rules,
    stillAllowed: (request) => stillAllowed(options, request),
  };
}

function declare(app: FastifyInstance, options: HttpOptions, operation: Operation): void {
  app.route({
    method: operation.method,
    url: operation.path,
    bodyLimit: operation.bodyLimit ?? DEFAULT_BODY_LIMIT,
    config: {
      envelope: operation.envelope ?? "problem",
      rawBody: operation.rawBody ?? false,
      form: operation.form ?? false,
      operationId: operation.id,
    },
    schema: documented(operation) as never,
    onRequest: (request, reply) => {
      if (operation.anyType) delete request.headers["content-type"];
      return admit(options, operation, request, reply);
    },
    preValidation: async (request) => checkUrl(request),
    handler: async (request, reply) => {
      const call = toCall(options, request, reply);
      if (asksForKey(operation, call)) return answerOnce(options, operation, call);
      const value = await operation.handle(call as never);
      if (reply.sent) return reply;
      return reply.code(statusOf(operation, value)).send(encode(operation, value));
    },
  });
}

function documented(operation: Operation): Record<string, unknown> {
  const { query, params, body, answer } = operation;
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    hide: operation.hidden ?? false,
    "x-access": operation.access,
    "x-proof": operation.proof ?? false,
    "x-when-suspended": operation.whenSuspended ?? false,
    "x-before-mfa": operation.beforeMfa ?? false,
    "x-when-leaving": operation.whenLeaving ?? false,
    "x-idempotent": Boolean(operation.idempotent),
    keyRequired: operation.idempotent === true,
    "x-envelope": operation.envelope ?? "problem",
    // An operation that declares no query takes none.
    querystring: query ?? (operation.hidden ? undefined : z.strictObject({})),
    ...(params ? { params } : {}),
    ...(body && !operation.rawBody ? { body } : {}),
    ...(operation.form ? { consumes: ["application/x-www-form-urlencoded", "application/json"] } : {}),
    response: {
      [answer.status]: answer.schema ?? z.undefined(),
      ...(answer.accepted ? { [ACCEPTED]: answer.schema ?? z.undefined() } : {}),
    },
  };
}

async function admit(
  options: HttpOptions,
  operation: Operation,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const open = operation.access.least === "anyone";
  const actor = await options
    .authenticate({
      ...credentialOf(request, { open, background: operation.background }),
      setHeader: (name, value) => void reply.header(name, value),
    })
    .catch(async (error: unknown) => {
      // Whoever tries credentials is counted by address, before anything is said about them.
      if (error instanceof Problem && error.kind.status < 500)
        await takeForAddress(options.limiter, request.ip, reply);
      if (operation.lenient && error instanceof Problem && error.kind === common.unauthenticated) return null;
      throw error;
    });
  actors.set(request, actor);
  if (!actor && !open) {
    await takeForAddress(options.limiter, request.ip, reply);
    throw new Problem(common.unauthenticated);
  }
  if (actor) {
    context()?.note("org", actor.orgId);
    context()?.note("actor", actor.credentialId);
  }
  await takeLimit(options.limiter, operation, actor, request.ip, reply);
  if (!actor) return;
  authorize(actor, operation.access);
  const scope = scopeOf(operation.access);
  if (actor.scopes && scope) options.scopeUsed?.(actor, scope);
  if (!open) demand(actor, operation, options.clock.now());
}

function credentialOf(request: FastifyRequest, how: { open: boolean; background: boolean | undefined }) {
  const { headers, method, url, ip } = request;
  const sent = how.background ? { ...headers, "x-holdfast-background": "1" } : headers;
  return { headers: sent, method, url, ip, open: how.open };
}

async function stillAllowed(options: HttpOptions, request: FastifyRequest): Promise<boolean> {
  const was = actors.get(request);
  const is = await options
    .authenticate(credentialOf(request, { open: false, background: true }))
    .catch((error: unknown) => {
      if (error instanceof Problem && error.kind.status < 500) return null;
      throw error;
    });
  return is !== null && is.orgId === was?.orgId && is.operator === was.operator;
}

const actors = new WeakMap<FastifyRequest, Actor | null>();

function toCall({ limiter }: HttpOptions, request: FastifyRequest, reply: FastifyReply): Call {
  return {
    actor: actors.get(request) as Actor,
    query: request.query as undefined,
    params: request.params as undefined,
    body: request.body as undefined,
    requestId: request.id,
    ip: request.ip,
    operationId: newId("idk"),
    request,
    reply,
    takeLimit: (rule, subjects) =>
      takeFrom(
        limiter,
        subjects.map((subject) => ({ rule, subject })),
        reply,
      ),
  };
}

const asksForKey = ({ idempotent }: Operation, { body }: Call): boolean =>
  typeof idempotent === "function" ? idempotent(body) : idempotent === true;

const ACCEPTED = 202;
const statusOf = ({ answer }: Operation, value: unknown): number =>
  answer.accepted?.(value as never) ? ACCEPTED : answer.status;

function encode(operation: Operation, value: unknown): unknown {
  return operation.answer.schema ? z.encode(operation.answer.schema, value) : undefined;
}

async function answerOnce(options: HttpOptions, operation: Operation, call: Call): Promise<FastifyReply> {
  const key = readKey(call.request.headers["idempotency-key"]);
  const { reply } = call;
  const actor = call.actor as Actor;
  const subject = {
    orgId: actor.orgId,
    actor: actor.userId ?? actor.credentialId,
    route: `${operation.method} ${operation.path}`,
    key,
    input: { body: call.body, params: call.params },
  };
  const kept = await once(options.db, options.clock, subject, async (operationId) => {
    const value = await operation.handle({ ...call, operationId } as never);
    return { status: statusOf(operation, value), body: encode(operation, value) };
  });
  if (kept.replayed) reply.header("idempotency-replayed", "true");
  if (kept.status >= 400) reply.type("application/problem+json").serializer(JSON.stringify);
  return reply.code(kept.status).send(kept.body ?? undefined);
}
