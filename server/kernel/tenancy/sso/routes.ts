import type { Http } from "../../../platform/http/index.ts";
import type { TenancyDeps } from "../deps.ts";
import { checkOwn } from "../organizations/change.ts";
import { organizationParams } from "../organizations/schemas.ts";
import { getConnection } from "./read.ts";
import { connectionAnswer, connectionInput, presentConnection } from "./schemas.ts";
import { removeConnection, setConnection } from "./set-connection.ts";

const PATH = "/api/organizations/:id/sso";

/** The organization's own OpenID issuer. */
export function ssoRoutes(http: Http, deps: TenancyDeps): void {
  const of = {
    path: PATH,
    tag: "Organizations",
    access: { least: "owner" },
    params: organizationParams,
  } as const;
  const baseUrl = deps.config.BASE_URL;
  http.operation({
    ...of,
    method: "GET",
    id: "getSso",
    summary: "The organization's own sign-in, and how its domain is proven",
    answer: { status: 200, schema: connectionAnswer },
    async handle({ actor, params }) {
      checkOwn(actor, params.id);
      return presentConnection(await getConnection(deps.db, actor.orgId), baseUrl);
    },
  });
  http.operation({
    ...of,
    method: "PUT",
    id: "setSso",
    summary: "Set the organization's own sign-in; looks whether its domain is proven",
    proof: true,
    body: connectionInput,
    answer: { status: 200, schema: connectionAnswer },
    async handle({ actor, params, body }) {
      checkOwn(actor, params.id);
      const wanted = {
        issuer: body.issuer,
        clientId: body.client_id,
        clientSecret: body.client_secret ?? null,
        domain: body.domain,
        required: body.required,
      };
      return presentConnection(await setConnection(deps, actor, wanted), baseUrl);
    },
  });
  http.operation({
    ...of,
    method: "DELETE",
    id: "removeSso",
    summary: "Take the organization's own sign-in away",
    proof: true,
    answer: { status: 204, schema: null },
    async handle({ actor, params }) {
      checkOwn(actor, params.id);
      await removeConnection(deps, actor);
    },
  });
}
