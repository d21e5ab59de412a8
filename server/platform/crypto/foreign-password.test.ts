import { argon2Sync, pbkdf2Sync, scryptSync } from "node:crypto";
import bcrypt from "bcryptjs";
import { expect, test } from "vitest";
import { readForeignHash } from "./foreign-password.ts";
import { hashPassword, isOurs, verifyPassword } from "./password.ts";

const PASSWORD = "Correct Horse 1 ä";
const salt = Buffer.from("sixteen bytes ok");
const b64 = (bytes: Buffer) => bytes.toString("base64").replaceAll("=", "");
const argon = (algorithm: "argon2i" | "argon2d" | "argon2id", parallelism = 2) =>
  argon2Sync(algorithm, {
    message: PASSWORD,
    nonce: salt,
    parallelism,
    tagLength: 32,
    memory: 1024,
    passes: 2,
  });

const HASHES = {
  bcrypt: bcrypt.hashSync(PASSWORD, 4),
  "bcrypt as PHP writes it": bcrypt.hashSync(PASSWORD, 4).replace("$2b$", "$2y$"),
  argon2i: `$argon2i$v=19$m=1024,t=2,p=2$${b64(salt)}$${b64(argon("argon2i"))}`,
  argon2d: `$argon2d$v=19$m=1024,t=2,p=2$${b64(salt)}$${b64(argon("argon2d"))}`,
  argon2id: `$argon2id$v=19$m=1024,t=2,p=2$${b64(salt)}$${b64(argon("argon2id"))}`,
  "argon2id on one lane": `$argon2id$v=19$m=1024,t=2,p=1$${b64(salt)}$${b64(argon("argon2id", 1))}`,
  scrypt: `$scrypt$ln=10,r=8,p=1$${b64(salt)}$${b64(scryptSync(PASSWORD, salt, 32, { N: 1024 }))}`,
  "PBKDF2 of passlib": `$pbkdf2-sha256$1000$${b64(salt).replaceAll("+", ".")}$${b64(pbkdf2Sync(PASSWORD, salt, 1000, 32, "sha256")).replaceAll("+", ".")}`,
  "PBKDF2-SHA512 of passlib": `$pbkdf2-sha512$1000$${b64(salt).replaceAll("+", ".")}$${b64(pbkdf2Sync(PASSWORD, salt, 1000, 64, "sha512")).replaceAll("+", ".")}`,
  "PBKDF2 of Django": `pbkdf2_sha256$1000$saltsalt$${pbkdf2Sync(PASSWORD, "saltsalt", 1000, 32, "sha256").toString("base64")}`,
};

test.each(Object.entries(HASHES))(
  "%s: the right password and no other, and it is to be replaced",
  async (_, hash) => {
    expect(await verifyPassword(hash, PASSWORD)).toBe(true);
    expect(await verifyPassword(hash, `${PASSWORD}x`)).toBe(false);
    expect(isOurs(hash)).toBe(false);
  },
);

test("PBKDF2 gives what section 11 of RFC 7914 says", async () => {
  const tag = Buffer.from("55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc", "hex");
  expect(await verifyPassword(`pbkdf2_sha256$1$salt$${tag.toString("base64")}`, "passwd")).toBe(true);
});

test("our own hash needs no replacing", async () => {
  expect(isOurs(await hashPassword(PASSWORD))).toBe(true);
});

test.each([
  ["an unknown scheme", "md5$abc"],
  ["a bcrypt cost that would take minutes", bcrypt.hashSync("x", 4).replace("$04$", "$20$")],
  ["memory beyond bounds", HASHES.argon2id.replace("m=1024", "m=9999999")],
  ["scrypt beyond bounds", HASHES.scrypt.replace("ln=10", "ln=30")],
  ["rounds beyond bounds", HASHES["PBKDF2 of Django"].replace("$1000$", "$9999999$")],
  ["a short tag", "$pbkdf2-sha256$1000$c2FsdA$AAAA"],
])("refused: %s", (_, hash) => {
  expect(readForeignHash(hash)).toBeNull();
});
