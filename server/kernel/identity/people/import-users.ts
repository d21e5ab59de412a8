import { z } from "zod";
import type { Clock } from "../../../platform/clock.ts";
import { readForeignHash } from "../../../platform/crypto/index.ts";
import { type Db, withSystemTx, withTx } from "../../../platform/db/index.ts";
import { newId } from "../../../platform/ids.ts";
import { audit } from "../audit/index.ts";
import type { OrganizationActions } from "../deps.ts";
import { findUserByEmail, insertUser } from "./store.ts";

const row = z.strictObject({
  email: z.email().max(254),
  full_name: z.string().trim().min(1).max(100),
  password_hash: z
    .string()
    .max(500)
    .refine((hash) => readForeignHash(hash) !== null, "is no hash that can be read")
    .nullable()
    .default(null),
});

const MAX_LINE = 10_000;

export type Imported =
  | { outcome: "made" | "known"; line: number }
  | { outcome: "refused"; line: number; why: string };

type ImportDeps = { db: Db; clock: Clock; organizations: OrganizationActions };

/**
 * Brings people in from another program: one JSON object a line, `{email, full_name, password_hash}`, the hash in any format
 * of `platform/crypto/foreign-password.ts`, or null for people who will ask for a new password. Their addresses count as
 * verified there. An address that is known is left alone, so that a file may be brought in again; a line that is wrong
 * changes nothing.
 */
export async function* importUsers(
  deps: ImportDeps,
  lines: AsyncIterable<string> | Iterable<string>,
): AsyncGenerator<Imported> {
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (text.trim() === "") continue;
    const read = readRow(text);
    yield "why" in read
      ? { outcome: "refused", line, why: read.why }
      : { outcome: await bringIn(deps, read), line };
  }
}

function readRow(text: string): z.output<typeof row> | { why: string } {
  if (text.length > MAX_LINE) return { why: `longer than ${MAX_LINE} characters` };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { why: "not JSON" };
  }
  const parsed = row.safeParse(value);
  if (parsed.success) return parsed.data;
  return { why: parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ") };
}

async function bringIn(
  { db, clock, organizations }: ImportDeps,
  person: z.output<typeof row>,
): Promise<"made" | "known"> {
  const email = person.email.toLowerCase();
  if (await withSystemTx(db, (tx) => findUserByEmail(tx, email))) return "known";
  const orgId = newId("org");
  const user = { id: newId("usr"), email, fullName: person.full_name, operator: false };
  const now = clock.now();
  await withTx(db, orgId, async (tx) => {
    await insertUser(tx, user, person.password_hash, now);
    await organizations.createPersonalOrganization(tx, {
      orgId,
      userId: user.id,
      fullName: user.fullName,
      now,
    });
    await audit(tx, now, { orgId, actorId: "system", action: "user.imported", targetId: user.id });
  });
  return "made";
}
