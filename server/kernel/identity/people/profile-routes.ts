import { personIn, type Http } from "../../../platform/http/index.ts";
import type { IdentityDeps } from "../deps.ts";
import { changeProfile, profileOf } from "./profile.ts";
import { presentProfile, profileAnswer, profileInput } from "./schemas.ts";

/** What a person says of themselves. */
export function profileRoutes(http: Http, deps: IdentityDeps): void {
  for (const [path, id] of [
    ["/api/users/profile", "getProfile"],
    ["/api/profile", "getOwnProfile"],
  ] as const)
    http.operation({
      method: "GET",
      path,
      id,
      tag: "Account",
      summary: "One's own profile",
      access: { least: "viewer" },
      whenSuspended: true,
      beforeMfa: true,
      whenLeaving: true,
      answer: { status: 200, schema: profileAnswer },
      handle: async ({ actor }) => presentProfile(await profileOf(deps, personIn(actor))),
    });
  http.operation({
    method: "PUT",
    path: "/api/users/profile",
    id: "changeProfile",
    tag: "Account",
    summary: "Change one's profile; what is left out stays",
    access: { least: "viewer" },
    whenSuspended: true,
    body: profileInput,
    answer: { status: 200, schema: profileAnswer },
    async handle({ actor, body }) {
      const { full_name: fullName, time_zone: timeZone, ...rest } = body;
      return presentProfile(await changeProfile(deps, actor, { ...rest, fullName, timeZone }));
    },
  });
}
