/** The two calls that tell who signed in. */
import type { Exchange, World } from "../core/company.ts";
import { findToken, type Grant } from "../sign-in/grants.ts";
import { sendJson } from "../sign-in/issuer.ts";
import { subjectOf, type Person } from "../sign-in/people.ts";

const ID_DIGITS = 8;
const TOKEN = /^(?:Bearer|token) (gho_([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)_[A-Za-z0-9]{36})$/i;

export const worldOfToken = (headers: Exchange["headers"]): string | null =>
  TOKEN.exec(headers.authorization ?? "")?.[2] ?? null;

const grantOf = (world: World, headers: Exchange["headers"]): Grant | null =>
  findToken(world, "github", TOKEN.exec(headers.authorization ?? "")?.[1] ?? "");

const refused = {
  message: "Bad credentials",
  documentation_url: "https://docs.github.com/rest",
  status: "401",
};

const loginOf = ({ key }: Person): string => key.replaceAll(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");

/** The public profile; its `email` is what the person chose to show, which proves nothing. */
export function showUser({ world, headers, res }: Exchange): void {
  const grant = grantOf(world, headers);
  if (grant === null) return sendJson(res, 401, refused);
  const { person } = grant;
  const login = loginOf(person);
  const api = `${world.baseUrl}/github/api/v3/users/${login}`;
  sendJson(res, 200, {
    login,
    id: Number(subjectOf("github", person, ID_DIGITS)),
    node_id: `U_${login}`,
    avatar_url: `${world.baseUrl}/github/avatars/${login}`,
    gravatar_id: "",
    url: api,
    html_url: `${world.baseUrl}/github/${login}`,
    followers_url: `${api}/followers`,
    following_url: `${api}/following{/other_user}`,
    gists_url: `${api}/gists{/gist_id}`,
    starred_url: `${api}/starred{/owner}{/repo}`,
    subscriptions_url: `${api}/subscriptions`,
    organizations_url: `${api}/orgs`,
    repos_url: `${api}/repos`,
    events_url: `${api}/events{/privacy}`,
    received_events_url: `${api}/received_events`,
    type: "User",
    site_admin: false,
    name: person.name,
    company: null,
    blog: "",
    location: null,
    email: person.addresses[0]?.email ?? null,
    hireable: null,
    bio: null,
    twitter_username: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: "2020-01-01T00:00:00Z",
    updated_at: "2026-01-01T00:00:00Z",
  });
}

/** All addresses, for who was asked with `user:email`. */
export function listEmails({ world, headers, res }: Exchange): void {
  const grant = grantOf(world, headers);
  if (grant === null) return sendJson(res, 401, refused);
  if (!/(?:^| )user(?::email)?(?: |$)/.test(grant.scope))
    return sendJson(res, 404, {
      message: "Not Found",
      documentation_url: refused.documentation_url,
      status: "404",
    });
  sendJson(
    res,
    200,
    grant.person.addresses.map(({ email, verified, primary }) => ({
      email,
      primary,
      verified,
      visibility: primary ? "private" : null,
    })),
  );
}
