import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../../test/harness/app.ts";
import type { Json } from "../../../test/harness/client.ts";
import { soon } from "../../../test/harness/soon.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.close());

const rows = async (path: string): Promise<Json[]> => {
  const { body } = await app.owner.call("GET", path);
  return body.data as Json[];
};

test("what is read again comes from memory, and operators see it", async () => {
  for (let i = 0; i < 4; i += 1) await rows("/api/team/members");
  const { body } = await app.owner.call("GET", "/api/admin/cache?window=24h");
  expect(body).toMatchObject({ window: "24h", l2: "off", bus: [{ line: "postgres" }], processes: 1 });
  const members = (body.resources as Json[]).find(({ resource }) => resource === "members");
  expect(members).toMatchObject({ l1_hits: 3, l1_misses: 1, loads: 1, l1_hit_ratio: 0.75, hit_ratio: 0.75 });
});

test("a person's new name and an organization's show at once, in every process", async () => {
  const other = await app.startAnother();
  const read = async () => {
    const { body } = await app.owner.call("GET", "/api/team/members");
    const there = await fetch(`${other.url}/api/team/members`, { headers: { ...app.owner.headers } });
    return [body, (await there.json()) as Json].map(({ data }) => JSON.stringify(data));
  };
  await read();
  const renamed = await app.owner.call("PUT", "/api/users/profile", { body: { full_name: "Olga Renamed" } });
  expect(renamed.status).toBe(200);
  expect((await rows("/api/team/members")).map((row) => JSON.stringify(row)).join()).toContain(
    "Olga Renamed",
  );
  const everywhere = async () => {
    for (const text of await read()) expect(text).toContain("Olga Renamed");
  };
  await soon(everywhere);
  const made = await app.owner.call("POST", "/api/organizations", {
    body: { name: "Second", slug: "second-one" },
  });
  expect(made.status).toBe(201);
  expect((await rows("/api/organizations")).map(({ name }) => name)).toContain("Second");
});

test("an operator's invalidation is in the audit trail; a malformed tag is 422", async () => {
  const invalidate = (tags: string[]) =>
    app.owner.call("POST", "/api/admin/cache/invalidate", { body: { tags } });
  expect((await invalidate(["user:one", "organization:two"])).body).toEqual({
    tags: ["user:one", "organization:two"],
  });
  expect((await invalidate(["no tag"])).status).toBe(422);
  expect((await invalidate([])).status).toBe(422);
  const trail = await app.sql("select detail from identity.audit_entries where action = 'cache.invalidated'");
  expect(trail).toEqual([{ detail: { tags: ["user:one", "organization:two"] } }]);
});
