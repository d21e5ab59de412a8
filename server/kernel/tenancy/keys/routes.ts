import type { z } from "zod";
import { type Call, type Http, openCursor, pageOf } from "../../../platform/http/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { personOf } from "../person.ts";
import { changeKey, revokeKey, rotateKey } from "./change.ts";
import { createKey, keysOf } from "./create.ts";
import { reportLeak } from "./report-leak.ts";
import type { KeyDefaults } from "./key.ts";
import {
  keyAnswers,
  keyInputs,
  keyParams,
  keysQuery,
  leakInput,
  presentKey,
  readKeyChange,
  readNewKey,
  rotateInput,
} from "./schemas.ts";

const TAG = "API keys";
const own = { least: "agent", permission: "api_keys.own" } as const;

/** Keys of programs: one's own, or with api_keys.manage everyone's. `defaults` is what may be laid down for their calls. */
export function keyRoutes(http: Http, deps: TenancyDeps, defaults: z.ZodType<KeyDefaults>): void {
  makeRoutes(http, deps, defaults);
  changeRoutes(http, deps, defaults);
  http.operation({
    method: "POST",
    path: "/api/api-keys/report-leak",
    id: "reportLeakedKey",
    tag: TAG,
    summary: "Tell of a key that was found somewhere; a real one is ended and its people are told",
    access: { least: "anyone" },
    limit: { name: "report-leak", perMinute: 10 },
    body: leakInput,
    answer: { status: 202, schema: null },
    handle: ({ body }) => reportLeak(deps, body.key),
  });
}

function makeRoutes(http: Http, deps: TenancyDeps, defaults: z.ZodType<KeyDefaults>): void {
  const { keyInput } = keyInputs(defaults);
  const { keysAnswer, newKeyAnswer } = keyAnswers(defaults);
  http.operation({
    method: "GET",
    path: "/api/api-keys",
    id: "listApiKeys",
    tag: TAG,
    summary: "One's own keys; with api_keys.manage everyone's",
    access: own,
    query: keysQuery,
    answer: { status: 200, schema: keysAnswer },
    async handle({ actor, query }) {
      const rows = await keysOf(deps, actor, query.limit + 1, openCursor(query.cursor));
      return pageOf(rows, query.limit, presentKey, (row) => [row.createdAt, row.id]);
    },
  });
  http.operation({
    method: "POST",
    path: "/api/api-keys",
    id: "createApiKey",
    tag: TAG,
    summary: "Make a key; its secret is told once",
    access: own,
    proof: true,
    idempotent: true,
    body: keyInput,
    answer: { status: 201, schema: newKeyAnswer },
    async handle({ actor, body, operationId, reply }) {
      const { key, secret } = await createKey(deps, personOf(actor), readNewKey(body), operationId);
      deps.hub.publish("api_key.updated", actor.orgId, { id: key.id });
      // What is returned is kept for repeated requests, so the secret joins only the answer that is sent now.
      if (secret) tellOnce(reply, secret);
      return { ...presentKey(key), secret: null };
    },
  });
}

function tellOnce(reply: Call["reply"], secret: string): void {
  reply.type("application/json; charset=utf-8");
  reply.serializer((body: unknown) => JSON.stringify({ ...(body as object), secret }));
}

function changeRoutes(http: Http, deps: TenancyDeps, defaults: z.ZodType<KeyDefaults>): void {
  const { keyChange } = keyInputs(defaults);
  const { keyAnswer, newKeyAnswer } = keyAnswers(defaults);
  http.operation({
    method: "PUT",
    path: "/api/api-keys/:id",
    id: "changeApiKey",
    tag: TAG,
    summary: "Rename, narrow, bind, prolong or pause a key",
    access: own,
    params: keyParams,
    body: keyChange,
    answer: { status: 200, schema: keyAnswer },
    async handle({ actor, params, body }) {
      const key = await changeKey(deps, actor, params.id, readKeyChange(body));
      deps.hub.publish("api_key.updated", actor.orgId, { id: key.id });
      return presentKey(key);
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/api-keys/:id",
    id: "revokeApiKey",
    tag: TAG,
    summary: "End a key for good",
    access: own,
    params: keyParams,
    answer: { status: 204, schema: null },
    async handle({ actor, params }) {
      await revokeKey(deps, actor, params.id);
      deps.hub.publish("api_key.updated", actor.orgId, { id: params.id });
    },
  });
  http.operation({
    method: "POST",
    path: "/api/api-keys/:id/rotate",
    id: "rotateApiKey",
    tag: TAG,
    summary: "Another secret for the same key; the old one serves some hours more",
    access: own,
    proof: true,
    params: keyParams,
    body: rotateInput,
    answer: { status: 200, schema: newKeyAnswer },
    async handle({ actor, params, body }) {
      const { key, secret } = await rotateKey(deps, actor, params.id, body.overlap_hours);
      deps.hub.publish("api_key.updated", actor.orgId, { id: key.id });
      return { ...presentKey(key), secret };
    },
  });
}
