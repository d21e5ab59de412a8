import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startMailServer, type MailServer } from "../../../test/harness/mail-server.ts";
import { withSystemTx } from "../../platform/db/index.ts";
import type { Id } from "../../platform/ids.ts";
import type { AddressState } from "./index.ts";

const never = new AbortController().signal;
let server: MailServer;

beforeAll(async () => {
  server = await startMailServer();
  server.mail.define({
    kind: "test.note",
    compose: () => Promise.resolve({ subject: "A note", blocks: [{ text: "Hello" }] }),
  });
});
afterAll(() => server.close());

const stateOf = (address: string): Promise<AddressState> =>
  withSystemTx(server.db, (tx) => server.mail.addressState(tx, address));
const proven = (address: string) => withSystemTx(server.db, (tx) => server.mail.addressProven(tx, address));
const events = async (): Promise<{ type: string; state: string; error_code: string | null }[]> =>
  (await server.db.pool.query("select type, state, error_code from webhooks.events order by received_at, id"))
    .rows;

/** Sends one mail and hears all that the company tells of it. */
async function sendAndHear(to: string, last: string): Promise<string> {
  const id = await server.send({ kind: "test.note", to });
  await server.deliver();
  await until(async () => {
    const { rows } = await server.db.pool.query(
      "select from webhooks.events e join mail.outbox o on o.company_id = e.object_id where e.type = $1 and o.id = $2",
      [`email.${last}`, id],
    );
    return rows.length > 0;
  });
  await process();
  return id;
}

async function process(): Promise<void> {
  while (await server.inbox.process(never))
    if ((await events()).every(({ state }) => state !== "processing")) break;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20);
}

const fateOf = async (id: string) => (await server.rows()).find((row) => row.id === id)?.fate;

test("a mail that arrives changes nothing about its address", async () => {
  const id = await sendAndHear("fine@example.com", "delivered");
  expect([await stateOf("fine@example.com"), await fateOf(id)]).toEqual(["fine", "delivered"]);
});

test("a bounce flags the address, in whatever letters it is asked for, until the person proves one anew", async () => {
  const id = await sendAndHear("Bounce@Example.com", "bounced");
  expect(await stateOf("BOUNCE@example.com")).toBe("bounced");
  expect(await fateOf(id)).toBe("bounced");
  server.clock.advance(60_000);
  await proven("bounce@example.com");
  expect(await stateOf("bounce@example.com")).toBe("fine");
});

test("a complaint flags the address, after the delivery that came before it", async () => {
  const id = await sendAndHear("complained@resend.dev", "complained");
  expect([await stateOf("complained@resend.dev"), await fateOf(id)]).toEqual(["complained", "complained"]);
});

test("an event of a mail that is applied again writes no row", async () => {
  await sendAndHear("again@example.com", "delivered");
  const written = async () =>
    (
      await server.db.pool.query(
        "select id as name, xmin::text from mail.outbox union all select address, xmin::text from mail.addresses order by 1",
      )
    ).rows as unknown[];
  const before = await written();
  const { rows } = await server.db.pool.query<{ id: Id<"evt"> }>(
    "select id from webhooks.events where state = 'processed'",
  );
  for (const { id } of rows) await server.inbox.replay(id, "usr_1");
  await process();
  expect(await written()).toEqual(before);
});

test("an address that the company itself no longer writes to is flagged too", async () => {
  await sendAndHear("suppressed@resend.dev", "suppressed");
  expect(await stateOf("suppressed@resend.dev")).toBe("bounced");
});

const bounces = async (): Promise<number> =>
  Number(
    /holdfast_mails_total\{kind="test.note",outcome="bounced"\} (\d+)/.exec(await server.metrics.text())?.[1],
  );

test("told three times, a bounce counts once", async () => {
  const before = await bounces();
  await server.control("POST", "/faults", {
    company: "resend",
    on: "webhook",
    fault: "duplicate",
    params: { n: 2 },
    match: { event: "email.bounced" },
  });
  const id = await sendAndHear("bounce+twice@example.com", "bounced");
  await until(async () => {
    type Deliveries = { data: { event_type: string; state: string }[] };
    const { data } = await server.control<Deliveries>("GET", "/webhooks");
    return (
      data.filter(({ event_type: type, state }) => type === "email.bounced" && state === "delivered")
        .length >= 4
    );
  });
  await process();
  await server.control("DELETE", "/faults");
  const { rows } = await server.db.pool.query(
    "select effects from webhooks.events where type = 'email.bounced' and effects @> $1",
    [JSON.stringify([{ kind: "mail", id }])],
  );
  expect(rows).toHaveLength(1);
  expect(await bounces()).toBe(before + 1);
});

test("a bounce that is told late, after the person proved the address, flags nothing", async () => {
  const to = "bounce+late@example.com";
  await server.control("POST", "/faults", {
    company: "resend",
    on: "webhook",
    fault: "delay",
    params: { ms: 1_500 },
    match: { event: "email.bounced" },
  });
  const id = await server.send({ kind: "test.note", to });
  await server.deliver();
  await delay(600); // It has bounced by now, and nobody has told us.
  server.clock.advance(60_000);
  await proven(to);
  await until(async () => {
    await process();
    return (await fateOf(id)) === "bounced";
  });
  await server.control("DELETE", "/faults");
  expect(await stateOf(to)).toBe("fine");
});

test.each(["bad_signature", "corrupt", "old_timestamp"])(
  "%s: nothing is believed until it comes rightly signed",
  async (kind) => {
    await server.control("POST", "/faults", {
      company: "resend",
      on: "webhook",
      fault: kind,
      times: 1,
      match: { event: "email.bounced" },
    });
    const before = (await events()).length;
    const id = await server.send({ kind: "test.note", to: `bounce+${kind.replace("_", "")}@example.com` });
    await server.deliver();
    type Deliveries = { data: { id: number; event_type: string; state: string; status: number | null }[] };
    let refused: Deliveries["data"][number] | undefined;
    await until(async () => {
      const { data } = await server.control<Deliveries>("GET", "/webhooks?state=waiting");
      refused = data.find(({ event_type: type, status }) => type === "email.bounced" && status === 400);
      return refused !== undefined;
    });
    expect((await events()).length).toBe(before + 1); // "sent" alone
    await server.control("POST", `/webhooks/${refused?.id}/resend`, {});
    await until(async () => {
      await process();
      return (await fateOf(id)) === "bounced";
    });
  },
);

test("what the account sends besides our mails is nobody's business here", async () => {
  const { resend } = (
    await server.control<{ data: { resend: { api_key: string; base_url: string; from: string } }[] }>(
      "GET",
      "/worlds",
    )
  ).data[0] ?? { resend: { api_key: "", base_url: "", from: "" } };
  await fetch(`${resend.base_url}/emails`, {
    method: "POST",
    headers: { authorization: `Bearer ${resend.api_key}`, "content-type": "application/json" },
    body: JSON.stringify({ from: resend.from, to: "bounce@others.example", subject: "Other", text: "Other" }),
  });
  await until(async () => {
    await process();
    return (await events()).some(({ error_code: code }) => code === "not_ours");
  });
  expect(await stateOf("bounce@others.example")).toBe("fine");
});

test("an address in good order is forgotten a week after its proof, a flagged one is not", async () => {
  server.clock.advance(8 * 86_400_000);
  await server.mail.purge();
  const { rows } = await server.db.pool.query("select distinct state from mail.addresses order by 1");
  expect(rows).toEqual([{ state: "bounced" }, { state: "complained" }]);
});
