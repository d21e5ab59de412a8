/** Whatever is shown, in whatever order and at whatever time, a family has one line or none. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  call,
  OWNER,
  setUp,
  startSignInServer,
  type SignInServer,
} from "../../../../test/harness/sign-in-server.ts";
import { REPEAT_MS } from "./rotation.ts";
import { wipeSuccessors } from "./wipe.ts";

let server: SignInServer;
let asked = 0;

beforeAll(async () => {
  server = await startSignInServer();
  await setUp(server);
});
afterAll(() => server.close());

/** What an honest reader of the rules expects of a family. */
class Family {
  private readonly tokens: { text: string; usedAt: number | null }[];
  private ended = false;

  constructor(first: string) {
    this.tokens = [{ text: first, usedAt: null }];
  }

  /** Shows the token that is `back` before the newest. What came of it, and what should have. */
  async show(back: number): Promise<{ came: unknown; wanted: unknown }> {
    const at = Math.max(0, this.tokens.length - 1 - back);
    const token = this.tokens[at] as { text: string; usedAt: number | null };
    const now = server.clock.now().getTime();
    const { body } = await refresh(token.text);
    const came = body.refresh_token ?? body.code;
    const successor = this.tokens[at + 1];
    const repeats = successor?.usedAt === null && now - (token.usedAt ?? 0) <= REPEAT_MS;
    this.ended ||= successor !== undefined && !repeats;
    if (this.ended) return { came, wanted: "refresh_invalid" };
    if (successor) return { came, wanted: successor.text };
    const known = this.tokens.some(({ text }) => text === came);
    token.usedAt = now;
    this.tokens.push({ text: String(came), usedAt: null });
    return { came: /^\w{43}$/.test(String(came)) && !known, wanted: true };
  }
}

function refresh(token: string) {
  asked += 1;
  const ip = `10.1.${asked >> 8}.${asked & 255}`;
  return call(server, "POST", "/api/auth/refresh", { body: { refresh_token: token }, ip });
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ show: fc.constantFrom(0, 0, 0, 1, 1, 2) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(1, 15_000, 30_000, 30_001) }) },
);

test("rotation keeps its promises under any sequence of uses", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const { body } = await call(server, "POST", "/api/auth/login", { body: { ...OWNER, mode: "token" } });
      const family = new Family(String(body.refresh_token));
      for (const each of steps)
        if ("wait" in each) server.clock.advance(each.wait);
        else {
          const { came, wanted } = await family.show(each.show);
          expect(came).toBe(wanted);
        }
    }),
    { numRuns: 15 },
  );
}, 60_000);

test("what was sealed is wiped once the successor was used, and by the clock", async () => {
  const sealed = async () => {
    const [row] = await server.asDatabaseOwner<{ n: number }>(
      "select count(*)::int as n from identity.refresh_tokens where sealed_successor is not null",
    );
    return row?.n;
  };
  server.clock.advance(REPEAT_MS + 1);
  await wipeSuccessors(server);
  expect(await sealed()).toBe(0);
  const { body } = await call(server, "POST", "/api/auth/login", { body: { ...OWNER, mode: "token" } });
  const second = await refresh(String(body.refresh_token));
  expect(await sealed()).toBe(1);
  await refresh(String(second.body.refresh_token));
  expect(await sealed()).toBe(1);
  server.clock.advance(REPEAT_MS + 1);
  await wipeSuccessors(server);
  expect(await sealed()).toBe(0);
});
