import { INSTALLATION } from "../../../platform/ids.ts";
import { Readable } from "node:stream";
import { openCursor, type Http } from "../../../platform/http/index.ts";
import type { AuditDeps } from "./deps.ts";
import { readExport, requestExport } from "./export.ts";
import { readTrail, readTrails } from "./read.ts";
import {
  exportAnswer,
  exportParams,
  filterOf,
  presentPage,
  presentVerdict,
  trailAnswer,
  trailInput,
  trailsInput,
  verdictAnswer,
} from "./schemas.ts";
import { verifyChain } from "./verify.ts";

/** Recomputing a chain reads all of it. */
const CHECKS_PER_MINUTE = 10;
const EXPORTS_PER_MINUTE = 5;

/** The organization's audit trail and its proof; every trail, for operators. */
export function auditRoutes(http: Http, deps: AuditDeps): void {
  http.operation({
    method: "GET",
    path: "/api/audit-log",
    id: "listAuditEntries",
    tag: "Audit",
    summary: "Who did what, newest first",
    access: { least: "admin", permission: "audit.view" },
    query: trailInput,
    answer: { status: 200, schema: trailAnswer },
    async handle({ actor, query }) {
      const page = { limit: query.limit + 1, after: openCursor(query.cursor) };
      return presentPage(await readTrail(deps.db, actor.orgId, filterOf(query), page), query.limit);
    },
  });
  http.operation({
    method: "GET",
    path: "/api/audit-log/verify",
    id: "verifyAuditLog",
    tag: "Audit",
    summary: "Recompute the chain of the organization's trail",
    access: { least: "admin", permission: "audit.view" },
    limit: { name: "audit_verify", perMinute: CHECKS_PER_MINUTE },
    answer: { status: 200, schema: verdictAnswer },
    handle: async ({ actor }) => presentVerdict(await verifyChain(deps, actor.orgId)),
  });
  exportRoutes(http, deps);
  http.operation({
    method: "GET",
    path: "/api/admin/audit-log/verify",
    id: "verifyInstallationTrail",
    tag: "Audit",
    summary: "Recompute the chain of the installation's own trail",
    access: { least: "operator" },
    limit: { name: "audit_verify", perMinute: CHECKS_PER_MINUTE },
    answer: { status: 200, schema: verdictAnswer },
    handle: async () => presentVerdict(await verifyChain(deps, INSTALLATION)),
  });
  http.operation({
    method: "GET",
    path: "/api/admin/audit-log",
    id: "listAuditTrails",
    tag: "Audit",
    summary: "Every organization's trail, and the installation's own",
    access: { least: "operator" },
    query: trailsInput,
    answer: { status: 200, schema: trailAnswer },
    async handle({ query }) {
      const page = { limit: query.limit + 1, after: openCursor(query.cursor) };
      return presentPage(await readTrails(deps.db, query.org ?? null, filterOf(query), page), query.limit);
    },
  });
}

function exportRoutes(http: Http, deps: AuditDeps): void {
  http.operation({
    method: "POST",
    path: "/api/audit-log/export",
    id: "exportAuditLog",
    tag: "Audit",
    summary: "Write the organization's trail as JSON Lines that prove themselves",
    access: { least: "admin", permission: "audit.view" },
    whenSuspended: true,
    idempotent: true,
    limit: { name: "export", perMinute: EXPORTS_PER_MINUTE },
    answer: { status: 202, schema: exportAnswer },
    async handle({ actor, operationId }) {
      const actorId = actor.userId ?? actor.credentialId;
      const id = await requestExport(deps, actor.orgId, actorId, operationId);
      return { job_id: id, url: `/api/audit-log/exports/${id}` };
    },
  });
  http.operation({
    method: "GET",
    path: "/api/audit-log/exports/:id",
    id: "downloadAuditExport",
    tag: "Audit",
    summary: "A finished export, for an hour; check it with bin/verify-audit",
    access: { least: "admin", permission: "audit.view" },
    whenSuspended: true,
    params: exportParams,
    answer: { status: 200, schema: null },
    async handle({ actor, params, reply }) {
      const parts = await readExport(deps, actor.orgId, params.id);
      reply.header("content-disposition", `attachment; filename="audit-${params.id}.jsonl"`);
      await reply.type("application/jsonl").send(Readable.from(parts));
      return undefined;
    },
  });
}
