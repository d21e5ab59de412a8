import bcrypt from "bcryptjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { setUp, signIn, startSignInServer, type SignInServer } from "../../../test/harness/sign-in-server.ts";
import { isOurs } from "../../platform/crypto/index.ts";
import { organizationActions } from "./index.ts";
import { importUsers, type Imported } from "../identity/index.ts";

let server: SignInServer;
beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

const bringIn = async (...rows: unknown[]): Promise<Imported[]> => {
  const lines = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row)));
  return Array.fromAsync(importUsers({ ...server, organizations: organizationActions }, lines));
};
const hashOf = async (email: string) => {
  const [row] = await server.asDatabaseOwner<{ password_hash: string | null }>(
    "select password_hash from identity.users where email = $1",
    [email],
  );
  return row?.password_hash;
};
const bob = {
  email: "Bob@example.com",
  full_name: "Bob",
  password_hash: bcrypt.hashSync("Correct Horse 9", 4),
};

test("an imported person signs in with the old password, whose hash becomes ours", async () => {
  expect(await bringIn(bob)).toEqual([{ outcome: "made", line: 1 }]);
  expect(await hashOf("bob@example.com")).toBe(bob.password_hash);
  const credentials = { email: "bob@example.com", password: "Correct Horse 9" };
  await signIn(server, credentials);
  expect(isOurs((await hashOf("bob@example.com")) ?? "")).toBe(true);
  await signIn(server, credentials);
});

test("a file may be brought in again: who is known is left alone", async () => {
  const before = await hashOf("bob@example.com");
  expect(await bringIn({ ...bob, full_name: "Eve" })).toEqual([{ outcome: "known", line: 1 }]);
  expect(await hashOf("bob@example.com")).toBe(before);
});

test("wrong lines are named and change nothing, the others come in", async () => {
  const results = await bringIn(
    "{",
    { ...bob, email: "nobody" },
    { ...bob, email: "c@example.com", password_hash: "md5$x" },
    { ...bob, email: "d@example.com", role: "operator" },
    "",
    { email: "e@example.com", full_name: "Eli" },
  );
  expect(results.map(({ outcome, line }) => [line, outcome])).toEqual([
    [1, "refused"],
    [2, "refused"],
    [3, "refused"],
    [4, "refused"],
    [6, "made"],
  ]);
  expect(await hashOf("c@example.com")).toBeUndefined();
  expect(await hashOf("e@example.com")).toBeNull();
});
