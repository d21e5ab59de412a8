import { type Http, openCursor, pageOf } from "../../../platform/http/index.ts";
import { sessionCookie } from "../../identity/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { moveOn } from "../organizations/switch.ts";
import { changeMember } from "./change.ts";
import { memberOf, membersOf } from "./list.ts";
import { removeMember } from "./remove.ts";
import {
  memberAnswer,
  memberChange,
  memberParams,
  membersAnswer,
  membersQuery,
  presentMember,
  readOverrides,
} from "./schemas.ts";

const TAG = "Team";

/** Who is in the organization, with which role, and what is decided apart from it. */
export function memberRoutes(http: Http, deps: TenancyDeps): void {
  const cookie = sessionCookie(deps.config);
  http.operation({
    method: "GET",
    path: "/api/team/members",
    id: "listMembers",
    tag: TAG,
    summary: "Members of the organization, oldest first",
    access: { least: "viewer", scope: "team.manage" },
    query: membersQuery,
    answer: { status: 200, schema: membersAnswer },
    async handle({ actor, query }) {
      const wanted = { role: query.role ?? null, search: query.search ?? null };
      const rows = await membersOf(deps, actor.orgId, wanted, query.limit + 1, openCursor(query.cursor));
      return pageOf(rows, query.limit, presentMember, (row) => [row.createdAt, row.userId]);
    },
  });
  http.operation({
    method: "PUT",
    path: "/api/team/members/:user_id",
    id: "changeMember",
    tag: TAG,
    summary: "Another role, or permissions decided apart from it; strictly lower ranks, and owners by owners",
    access: { least: "admin", permission: "team.manage" },
    params: memberParams,
    body: memberChange,
    answer: { status: 200, schema: memberAnswer },
    async handle({ actor, params, body }) {
      const change = { role: body.role, overrides: readOverrides(body.overrides) };
      await changeMember(deps, actor, params.user_id, change);
      return presentMember(await memberOf(deps.db, actor.orgId, params.user_id));
    },
  });
  http.operation({
    method: "DELETE",
    path: "/api/team/members/:user_id",
    id: "removeMember",
    tag: TAG,
    summary: "End a membership: one's own, or with team.manage that of a lower rank",
    access: { least: "viewer", scope: "team.manage" },
    params: memberParams,
    answer: { status: 204, schema: null },
    async handle({ actor, params, reply }) {
      await removeMember(deps, actor, params.user_id);
      if (params.user_id !== actor.userId || actor.kind !== "session") return;
      const opened = await moveOn(deps, actor.userId, actor.credentialId);
      if (opened) reply.header("set-cookie", cookie.set(opened.secret));
    },
  });
}
