/** Codes and access tokens in the books of a world. A code is spent once; shown again, it takes its token with it. */
import type { World } from "../core/company.ts";
import type { Person } from "./people.ts";

/** What somebody agreed to on the consent page. */
export type Grant = {
  person: Person;
  clientId: string;
  redirectUri: string;
  scope: string;
  nonce: string | null;
  challenge: string | null;
};

const CODE_LIVES_MS = 10 * 60_000;
const TOKEN_LIVES_MS = 3_600_000;

export function openGrants(world: World): void {
  world.store.ensure(
    "sign-in",
    `create table if not exists sign_in_codes (company text not null, code text not null, body text not null,
       expires_at integer not null, spent_at integer, primary key (company, code)) without rowid;
     create table if not exists sign_in_tokens (company text not null, token text not null, code text not null,
       body text not null, created_at integer not null, expires_at integer not null, revoked_at integer,
       primary key (company, token)) without rowid;
     create table if not exists sign_in_visits (company text not null, person text not null, visits integer not null,
       primary key (company, person)) without rowid;
     create table if not exists sign_in_clients (company text primary key, redirects text not null) without rowid;
     create table if not exists sign_in_keys (n integer primary key autoincrement, company text not null,
       kid text not null, pem text not null);`,
  );
}

export function insertCode(world: World, company: string, code: string, grant: Grant): void {
  world.store.run(
    "insert into sign_in_codes (company, code, body, expires_at) values (?, ?, ?, ?)",
    company,
    code,
    JSON.stringify(grant),
    world.clock.now() + CODE_LIVES_MS,
  );
}

/** Spends a code; null when there is none, or it was spent, or has expired. */
export function spendCode(world: World, company: string, code: string): Grant | null {
  const row = world.store.get("select * from sign_in_codes where company = ? and code = ?", company, code);
  if (row === null || Number(row["expires_at"]) <= world.clock.now()) return null;
  if (row["spent_at"] !== null) {
    world.store.run(
      "update sign_in_tokens set revoked_at = ? where company = ? and code = ?",
      world.clock.now(),
      company,
      code,
    );
    return null;
  }
  world.store.run(
    "update sign_in_codes set spent_at = ? where company = ? and code = ?",
    world.clock.now(),
    company,
    code,
  );
  return JSON.parse(String(row["body"])) as Grant;
}

export type Issued = { company: string; token: string; code: string; grant: Grant };

export function insertToken(world: World, { company, token, code, grant }: Issued): void {
  const now = world.clock.now();
  world.store.run(
    `insert into sign_in_tokens (company, token, code, body, created_at, expires_at) values (?, ?, ?, ?, ?, ?)`,
    company,
    token,
    code,
    JSON.stringify(grant),
    now,
    now + TOKEN_LIVES_MS,
  );
}

const LIVE = "company = ? and token = ? and revoked_at is null and expires_at > ?";

/** What a live access token stands for. */
export function findToken(world: World, company: string, token: string): Grant | null {
  const row = world.store.get(
    `select body from sign_in_tokens where ${LIVE}`,
    company,
    token,
    world.clock.now(),
  );
  return row === null ? null : (JSON.parse(String(row["body"])) as Grant);
}

export function revokeToken(world: World, company: string, token: string): boolean {
  const now = world.clock.now();
  return (
    world.store.run(`update sign_in_tokens set revoked_at = ? where ${LIVE}`, now, company, token, now) > 0
  );
}

/** Sign-ins that were completed, newest first, without their secrets. */
export function listSignIns(world: World, company: string, limit: number) {
  return world.store
    .all(
      `select body, created_at, revoked_at from sign_in_tokens
       where company = ? order by created_at desc, token limit ?`,
      company,
      limit,
    )
    .map((row) => ({
      grant: JSON.parse(String(row["body"])) as Grant,
      createdMs: Number(row["created_at"]),
      revoked: row["revoked_at"] !== null,
    }));
}
