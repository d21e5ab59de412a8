import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Id } from "../ids.ts";
import type { Rule } from "../rate-limit/index.ts";
import type { Access, Actor } from "./access.ts";

type Parsed<S> = S extends z.ZodType ? z.output<S> : undefined;
type Sent<S> = S extends z.ZodType ? z.output<S> : void;

/** What a handler gets. `actor` is non-null unless the operation is open to anyone. */
export type Call<A extends Access = Access, Q = undefined, P = undefined, B = undefined> = {
  actor: A extends { least: "anyone" } ? Actor | null : Actor;
  query: Q;
  params: P;
  body: B;
  requestId: string;
  ip: string;
  /** The row id of this attempt under its Idempotency-Key; the same when a retry carries the operation on. */
  operationId: Id<"idk">;
  request: FastifyRequest;
  reply: FastifyReply;
  /** Takes one of `rule` for each subject, e.g. network and address, or answers 429 and takes none. */
  takeLimit(rule: Rule, subjects: readonly string[]): Promise<void>;
};

/** One operation of the API. `answers` maps a success status to its schema; null means no body. */
export type Operation<
  A extends Access = Access,
  Q extends z.ZodType | undefined = undefined,
  P extends z.ZodType | undefined = undefined,
  B extends z.ZodType | undefined = undefined,
  R extends z.ZodType | null = z.ZodType | null,
> = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** OpenAPI operationId, camelCase; the typed client's function name. */
  id: string;
  tag: string;
  summary: string;
  access: A;
  query?: Q;
  params?: P;
  body?: B;
  /** Success status and the schema of its body. Where `accepted` says so of the body, the status is 202: it is still to be done. */
  answer: { status: number; schema: R; accepted?: (value: Sent<R>) => boolean };
  /** POSTs that create or spend: the header is required, and the answer is kept 72 h. A function: where the body asks so. */
  idempotent?: boolean | ((body: B extends z.ZodType ? z.output<B> : undefined) => boolean);
  /**
   * Requests of one user, key or (for anyone) address; default 100 a minute in a class of the operation's own. Operations
   * that name the same class share it. "none": the handler counts by itself, with `call.takeLimit`.
   */
  limit?: { name: string; perMinute: number; kind?: "auth" | "payment" } | Rule | "none";
  /** Bytes; default 1 MiB. */
  bodyLimit?: number;
  /** Asks for a sign-in or `reauth` of the last ten minutes, else 403 `reauth_required`. Keys never have one. */
  proof?: boolean;
  /** Goes on while the organization is suspended, else 403 `organization_suspended`. */
  whenSuspended?: boolean;
  /** Open to people who must still set up a second factor, else 403 `mfa_required`. */
  beforeMfa?: boolean;
  /** An unsafe method that goes on while an operator looks at somebody's account, else 403 `read_only`. */
  whenReadOnly?: boolean;
  /** Open to people who are about to be erased, else 403 `deletion_scheduled`. */
  whenLeaving?: boolean;
  /** Hands the exact bytes to the handler as `body`; no schema, any content type. */
  rawBody?: boolean;
  /** With `rawBody`: whatever the bytes are called, even by no name of a type. */
  anyType?: boolean;
  /** The body may come as a form as well (`application/x-www-form-urlencoded`), as OAuth clients send it. */
  form?: boolean;
  /**
   * Shape of errors. "openai" is `{"error": {...}}`; "anthropic" the same below a `type`; "oauth" is RFC 6749's `error` and `error_description` beside the
   * problem's own members; "client" is Anthropic's for its clients, OpenAI's for others. A bad body is 400 in all of these.
   */
  envelope?: "problem" | "openai" | "anthropic" | "client" | "oauth";
  /** A bad credential counts as none, rather than 401: signing out is done either way. */
  lenient?: boolean;
  /** Asked by pages by themselves: it does not keep a session alive. */
  background?: boolean;
  /** Left out of the OpenAPI document (pages and files). */
  hidden?: boolean;
  /**
   * Returns the answer's body. A handler that has written the answer itself (streams) calls `reply.hijack()` and returns
   * undefined.
   */
  handle(
    call: Call<A, Parsed<Q>, Parsed<P>, B extends z.ZodType ? z.output<B> : Buffer>,
  ): Promise<Sent<R> | undefined>;
};
