import { openCursor, type Http } from "../../../platform/http/index.ts";
import type { AuditDeps } from "./deps.ts";
import { readTrail, readTrails } from "./read.ts";
import {
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
