import { openCursor, pageOf, type Http } from "../../../platform/http/index.ts";
import type { Gateway } from "../settling/state.ts";
import { readFacts, readVersions } from "./facts/read.ts";
import { addFact, changeFact, removeAll, removeFact } from "./facts/write.ts";
import { choose, readSettings } from "./own/choose.ts";
import {
  deletedAnswer,
  exportAnswer,
  exportQuery,
  factAnswer,
  factChange,
  factList,
  factParams,
  factsQuery,
  madeAnswer,
  newFact,
  presentFact,
  presentVersion,
  settingsAnswer,
  settingsInput,
} from "./schemas.ts";

const shared = { tag: "Memory", access: { least: "viewer", scope: "gateway.use" } } as const;
const PATH = "/api/llm/memory";

/** What is remembered of whoever asks: nobody sees another person's. */
export function memoryRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    ...shared,
    method: "GET",
    path: PATH,
    id: "listMemory",
    summary: "What is remembered of you, the newest first",
    query: factsQuery,
    answer: { status: 200, schema: factList },
    async handle({ actor, query: { limit, cursor, q = null, kind = null, project_id: projectId = null } }) {
      const after = openCursor(cursor)?.id ?? null;
      const facts = await readFacts(gateway, actor, { q, kind, projectId, after, limit: limit + 1 });
      return pageOf(facts, limit, presentFact, (fact) => [fact.valid_from, fact.id]);
    },
  });
  http.operation({
    ...shared,
    method: "POST",
    path: PATH,
    id: "addMemory",
    summary: "Write down what your calls are to know",
    idempotent: true,
    body: newFact,
    answer: { status: 201, schema: madeAnswer },
    async handle({ actor, body: { project_id: projectId = "", ...words }, operationId }) {
      const id = `mem_${operationId.slice(4)}` as const;
      await addFact(gateway, actor, id, { ...words, projectId });
      return { id };
    },
  });
  http.operation({
    ...shared,
    method: "PATCH",
    path: `${PATH}/:id`,
    id: "changeMemory",
    summary: "Correct what is remembered; the earlier version stays in your export until it is deleted",
    params: factParams,
    body: factChange,
    answer: { status: 200, schema: factAnswer },
    handle: async ({ actor, params, body }) => presentFact(await changeFact(gateway, actor, params.id, body)),
  });
  http.operation({
    ...shared,
    method: "DELETE",
    path: `${PATH}/:id`,
    id: "removeMemory",
    summary: "Forget it, with all its versions",
    params: factParams,
    answer: { status: 204, schema: null },
    handle: ({ actor, params }) => removeFact(gateway, actor, params.id),
  });
  http.operation({
    ...shared,
    method: "DELETE",
    path: PATH,
    id: "clearMemory",
    summary: "Forget everything that is remembered of you",
    answer: { status: 200, schema: deletedAnswer },
    handle: async ({ actor }) => ({ deleted: await removeAll(gateway, actor) }),
  });
  ownRoutes(http, gateway);
}

/** What is a person's own beyond single facts. */
function ownRoutes(http: Http, gateway: Gateway): void {
  http.operation({
    ...shared,
    method: "GET",
    path: `${PATH}/export`,
    id: "exportMemory",
    summary: "All that is kept of you, with what it said before, the oldest first",
    query: exportQuery,
    answer: { status: 200, schema: exportAnswer },
    async handle({ actor, query: { limit, cursor } }) {
      const [id = "", version = "0"] = openCursor(cursor)?.id.split(":") ?? [];
      const page = { after: { id, version: Number(version) }, limit: limit + 1 };
      const place = (fact: { id: string; version: number; valid_from: Date }): [Date, string] => [
        fact.valid_from,
        `${fact.id}:${fact.version}`,
      ];
      return pageOf(await readVersions(gateway, actor, page), limit, presentVersion, place);
    },
  });
  http.operation({
    ...shared,
    method: "GET",
    path: `${PATH}/settings`,
    id: "getMemorySettings",
    summary: "Whether your calls use what is remembered of you",
    answer: { status: 200, schema: settingsAnswer },
    handle: ({ actor }) => readSettings(gateway, actor),
  });
  http.operation({
    ...shared,
    method: "PUT",
    path: `${PATH}/settings`,
    id: "putMemorySettings",
    summary: "Turn your memory on or off, or leave it to your keys and organization",
    body: settingsInput,
    answer: { status: 200, schema: settingsAnswer },
    handle: ({ actor, body: { own } }) => choose(gateway, actor, own),
  });
}
