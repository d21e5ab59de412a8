/** What is cached of a person and of their organization: read with no query, and never older than a second elsewhere. */
import { afterAll, expect, test } from "vitest";
import { startTestApp } from "../../../../test/harness/app.ts";
import { createClient, type Client, type Json } from "../../../../test/harness/client.ts";
import { OWNER } from "../../../../test/harness/people.ts";

const app = await startTestApp();
afterAll(() => app.close());
const other = await app.startAnother();
const elsewhere = createClient(other.url, app.owner.headers);
const { body: me } = await app.owner.call<{ organization: { id: string } }>("GET", "/api/auth/me");
const organization = `/api/organizations/${me.organization.id}`;

const read = async (who: Client, path: string): Promise<Json> => (await who.call("GET", path)).body;
/**
 * Warm in both processes, then changed in one: what both answer once the other no longer says what it said before, which
 * takes it a second at most.
 */
async function spreads(path: string, change: () => Promise<unknown>): Promise<Json[]> {
  const [, before] = await Promise.all([read(app.owner, path), read(elsewhere, path)]);
  await change();
  const here = await read(app.owner, path);
  await expect.poll(() => read(elsewhere, path), { interval: 10 }).not.toEqual(before);
  return [here, await read(elsewhere, path)];
}
const twice = (wanted: Json): Json[] => [wanted, wanted];
const put = (body: Json, path = "/api/users/profile") => app.owner.call("PUT", path, { body });

/** Hits of a resource so far, in the process asked. */
async function hits(resource: string): Promise<number> {
  const text = await (await fetch(`${other.url}/metrics`)).text();
  const line = new RegExp(
    `^holdfast_cache_requests_total\\{layer="l1",resource="${resource}",outcome="hit"\\} (\\d+)`,
    "m",
  );
  return Number(line.exec(text)?.[1] ?? 0);
}

test.each([
  ["profile", "/api/users/profile"],
  ["settings", organization],
])("%s is answered from the cache", async (resource, path) => {
  await read(elsewhere, path);
  const before = await hits(resource);
  await read(elsewhere, path);
  expect(await hits(resource)).toBeGreaterThan(before);
});

test("a change of the profile is read by the other process within a second", async () => {
  for (const change of [{ time_zone: "Europe/Berlin" }, { full_name: "Ona Other" }])
    expect(await spreads("/api/users/profile", () => put(change))).toMatchObject(twice(change));
});

test("so are a new address on its way, and a deletion asked for and taken back", async () => {
  const path = "/api/users/profile";
  const pending = await spreads(path, () => put({ email: "next@example.com" }));
  expect(pending).toMatchObject(twice({ pending_email: "next@example.com" }));
  let id = "";
  const ask = async () => {
    const asked = await app.owner.call("DELETE", "/api/users/account");
    id = String(asked.body.request_id);
  };
  expect(await spreads(path, ask)).toMatchObject(twice({ deletion: { state: "pending" } }));
  const keep = () => app.owner.call("POST", "/api/gdpr/cancel", { body: { request_id: id } });
  expect(await spreads(path, keep)).toMatchObject(twice({ deletion: null }));
});

test("so is that mail to the address comes back", async () => {
  const email = "bounce@flag.test";
  await app.member("agent");
  await app.sql("update identity.users set email = $1 where email = 'agent@members.example'", [email]);
  const person = await app.signIn({ email, password: OWNER.password });
  const there = createClient(other.url, person.headers);
  const flags = async () =>
    Promise.all([person, there].map(async (who) => (await read(who, "/api/users/profile")).email_flagged));
  expect(await flags()).toEqual([false, false]);
  await app.anonymous.call("POST", "/api/auth/password-reset", { body: { email } });
  const known = "select state from mail.addresses where address = $1";
  await expect.poll(() => app.sql(known, [email]), { timeout: 20_000 }).toEqual([{ state: "bounced" }]);
  await expect.poll(flags, { interval: 10 }).toEqual([true, true]);
});

test("a change of the organization and of its policy is read by the other process within a second", async () => {
  const renamed = await spreads(organization, () => put({ name: "Renamed" }, organization));
  expect(renamed).toMatchObject(twice({ name: "Renamed" }));
  const policy = { mfa_required: false, methods: ["totp"], idle_minutes: 12, ip_allow: [] };
  const changed = await spreads(organization, () => put(policy, `${organization}/policy`));
  expect(changed).toMatchObject(twice({ policy: { idle_minutes: 12 } }));
});
