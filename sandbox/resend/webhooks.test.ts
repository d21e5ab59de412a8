/** What Resend tells of its mails: signed as Svix signs, retried, and spoilt by every fault. */
import { Resend } from "resend";
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf, startListener, type Heard, type Listener } from "../stripe/harness.ts";
import { got, newMailWorld, refused, type MailWorld } from "./harness.ts";

let sandbox: Sandbox;
let listener: Listener;
let world: MailWorld;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  listener = await startListener();
  world = await newMailWorld(sandbox, { webhook_base: listener.base });
});
afterEach(() => listener.close());

const send = (to: string) =>
  got(
    world.resend.emails.send({
      from: world.from,
      to,
      subject: "Hello",
      text: "Hi",
      tags: [{ name: "a", value: "b" }],
    }),
  );
const header = ({ headers }: Heard, name: string) => String(headers[name]);
/** By Resend's own SDK, and by the standard's library. */
function verify(heard: Heard, secret = world.secret): unknown {
  const [id, timestamp, signature] = ["svix-id", "svix-timestamp", "svix-signature"].map((name) =>
    header(heard, name),
  ) as [string, string, string];
  const payload = heard.body.toString();
  new Webhook(secret).verify(payload, {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signature,
  });
  return new Resend(world.key).webhooks.verify({
    payload,
    headers: { id, timestamp, signature },
    webhookSecret: secret,
  });
}
const types = (all: Heard[]) => all.map(({ body }) => (JSON.parse(body.toString()) as { type: string }).type);

it("each mail tells its story in order, in deliveries that both libraries verify", async () => {
  const { id } = await send("complained@resend.dev");
  await listener.until(1);
  await world.advance("5s");
  const heard = await listener.until(3);
  expect(types(heard)).toEqual(["email.sent", "email.delivered", "email.complained"]);
  for (const each of heard) expect(verify(each)).toMatchObject({ data: { email_id: id, tags: { a: "b" } } });
  expect(new Set(heard.map((each) => header(each, "svix-id"))).size).toBe(3);
  expect(() => verify(heard[0] as Heard, `whsec_${Buffer.alloc(24).toString("base64")}`)).toThrow();
});

it("a delivery that is not answered 2xx comes again under the same id, until it is", async () => {
  listener.answers.push(500, 404);
  await send("ann@example.com");
  await listener.until(1);
  await world.advance("10m");
  const heard = await listener.until(4);
  const sent = heard.filter((each) => types([each])[0] === "email.sent");
  expect(new Set(sent.map((each) => header(each, "svix-id"))).size).toBe(1);
  await world.advance("40h");
  expect(listener.heard).toHaveLength(4);
});

it.each(["bad_signature", "corrupt", "old_timestamp"])(
  "%s: both libraries refuse it, and the next try is right",
  async (fault) => {
    listener.answers.push(400);
    const rule = { world: world.name, company: "resend", on: "webhook", fault, times: 1 };
    await controlOf(sandbox)("POST", "/faults", rule);
    await send("ann@example.com");
    const [spoilt] = await listener.until(1);
    expect(() => verify(spoilt as Heard)).toThrow();
    await world.advance("1m");
    const heard = await listener.until(3);
    for (const each of heard.slice(1)) expect(verify(each)).toBeDefined();
  },
);

it("endpoints are made, read, listed, changed and removed; each has its own secret and hears what it asked for", async () => {
  const endpoint = `${listener.base}/other`;
  const made = await got(world.resend.webhooks.create({ endpoint, events: ["email.bounced"] }));
  expect(made.signing_secret).toMatch(/^whsec_/);
  expect(made.signing_secret).not.toBe(world.secret);
  expect(await got(world.resend.webhooks.get(made.id))).toMatchObject({
    endpoint,
    events: ["email.bounced"],
    status: "enabled",
  });
  expect((await got(world.resend.webhooks.list())).data).toHaveLength(2);
  await send("bounce@example.com");
  await listener.until(1);
  await world.advance("5s");
  const heard = await listener.until(3);
  const own = heard.filter((each) => types([each])[0] === "email.bounced");
  expect(own).toHaveLength(2);
  const fits = (each: Heard, secret: string) => {
    try {
      return verify(each, secret) !== undefined;
    } catch {
      // One of the two must fit: counted below.
      return false;
    }
  };
  for (const secret of [world.secret, made.signing_secret])
    expect(own.filter((each) => fits(each, secret))).toHaveLength(1);
  await got(world.resend.webhooks.update(made.id, { status: "disabled" }));
  await got(world.resend.webhooks.remove(made.id));
  expect((await refused(world.resend.webhooks.get(made.id))).statusCode).toBe(404);
});

it("each event can be triggered by hand", async () => {
  const control = controlOf(sandbox);
  const coverage = await control<{ triggers: { resend: string[] } }>("GET", "/coverage");
  for (const event of coverage.body.triggers.resend) {
    const ear = await startListener();
    const own = await newMailWorld(sandbox, { webhook_base: ear.base });
    expect((await control("POST", "/trigger", { world: own.name, company: "resend", event })).status).toBe(
      200,
    );
    await control("POST", "/clock", { world: own.name, advance: "5s" });
    await ear.until(1);
    expect(types(ear.heard), event).toContain(event);
    await ear.close();
  }
  expect(coverage.body.triggers.resend.length).toBeGreaterThan(5);
});
