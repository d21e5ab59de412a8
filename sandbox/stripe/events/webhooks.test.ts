/** Events as an endpoint hears them: signed, retried, in odd orders, and with every webhook fault. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../../main.ts";
import {
  controlOf,
  newSandbox,
  newWorld,
  openCheckout,
  payByForm,
  startListener,
  type Control,
  type Heard,
  type Listener,
  type TestWorld,
} from "../harness.ts";

let sandbox: Sandbox;
let control: Control;
let listener: Listener;
let world: TestWorld;
beforeAll(async () => {
  sandbox = await newSandbox();
  control = controlOf(sandbox);
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  listener = await startListener();
  world = await newWorld(sandbox, { clock: { mode: "manual" }, webhook_base: listener.base });
});
afterEach(() => listener.close());

const verify = (heard: Heard, secret = world.secret): Stripe.Event =>
  world.stripe.webhooks.constructEvent(heard.body, String(heard.headers["stripe-signature"]), secret);
const advance = (by: string) => control("POST", "/clock", { world: world.name, advance: by });
const fault = (kind: string, more: Record<string, unknown> = {}) =>
  control("POST", "/faults", { world: world.name, on: "webhook", fault: kind, times: 1, ...more });
const types = (all: Heard[]): string[] => all.map((each) => each.event.type).toSorted();

describe("deliveries", () => {
  it("carry a signature that the SDK accepts, at the endpoint of the world", async () => {
    const session = await openCheckout(world.stripe);
    await payByForm(session.url, "4242424242424242");
    await listener.until(6);
    await advance("2s");
    const heard = await listener.until(7);
    for (const each of heard) expect(verify(each).id).toBe(each.event.id);
    expect(types(heard)).toEqual([
      "charge.succeeded",
      "charge.updated",
      "checkout.session.completed",
      "payment_intent.created",
      "payment_intent.succeeded",
      "price.created",
      "product.created",
    ]);
    expect(() => verify(heard[0] as Heard, "whsec_other")).toThrow(/signature/i);
  });

  it("go to endpoints made by the API, for the types they asked for, one v1 per endpoint's own secret", async () => {
    const url = `${listener.base}/other`;
    const made = await world.stripe.webhookEndpoints.create({ url, enabled_events: ["product.created"] });
    expect(made.secret).toMatch(/^whsec_/);
    expect((await world.stripe.webhookEndpoints.retrieve(made.id)).secret).toBeUndefined();
    await world.stripe.products.create({ name: "A" });
    await world.stripe.customers.create({ name: "B" });
    const heard = await listener.until(3);
    const product = heard.filter((each) => each.event.type === "product.created");
    expect(product).toHaveLength(2);
    expect(product[0]?.event.pending_webhooks).toBe(2);
    const secrets = product.map((each) => [world.secret, made.secret ?? ""].filter((s) => accepts(each, s)));
    expect(secrets.flat().toSorted()).toEqual([world.secret, made.secret].toSorted());
    await world.stripe.webhookEndpoints.update(made.id, { disabled: true });
    await world.stripe.products.create({ name: "C" });
    await listener.until(4);
    await advance("1m");
    expect(listener.heard).toHaveLength(4);
  });

  const accepts = (heard: Heard, secret: string): boolean => {
    try {
      return verify(heard, secret).id !== "";
    } catch (error) {
      if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
      throw error;
    }
  };

  it("come again on the schedule until answered 2xx, and are pending until then", async () => {
    listener.answers.push(500, 302, 404);
    const made = await world.stripe.customers.create({ name: "A" });
    await listener.until(1);
    const pending = await world.stripe.events.list({ delivery_success: false });
    expect(pending.data).toMatchObject([{ type: "customer.created", pending_webhooks: 1 }]);
    await advance("10s");
    const heard = await listener.until(4);
    expect(new Set(heard.map((each) => each.event.id)).size).toBe(1);
    expect(heard[0]?.event.data.object).toMatchObject({ id: made.id });
    expect((await world.stripe.events.list({ delivery_success: false })).data).toEqual([]);
    expect((await world.stripe.events.list({ delivery_success: true })).data[0]?.pending_webhooks).toBe(0);
    await advance("1h");
    expect(listener.heard).toHaveLength(4);
  });

  it("are given up after three days, and can be resent by hand", async () => {
    listener.answers.push(...Array.from({ length: 60 }, () => 500));
    await world.stripe.customers.create({ name: "A" });
    await advance("80h");
    const attempts = listener.heard.length;
    expect(attempts).toBeGreaterThan(15);
    await advance("100h");
    expect(listener.heard).toHaveLength(attempts);
    listener.answers.length = 0;
    type Deliveries = { data: { id: number; state: string; attempts: number }[] };
    const before = await control<Deliveries>("GET", `/webhooks?world=${world.name}`);
    expect(before.body.data).toMatchObject([{ state: "gave_up", attempts }]);
    await control("POST", `/webhooks/${before.body.data[0]?.id}/resend`, { world: world.name });
    await listener.until(attempts + 1);
    await advance("1s");
    expect((await world.stripe.events.list({ delivery_success: true })).data).toHaveLength(1);
  });

  it("leave in a seeded random order within one second", async () => {
    const orders = new Set<string>();
    for (const seed of ["1", "2", "3", "4"]) {
      const ear = await startListener();
      const own = await newWorld(sandbox, { seed, clock: { mode: "manual" }, webhook_base: ear.base });
      const session = await openCheckout(own.stripe);
      await ear.until(2);
      await payByForm(session.url, "4242424242424242");
      await ear.until(6);
      const log = await own.stripe.events.list({ limit: 4 });
      expect(
        ear.heard
          .slice(2)
          .map((each) => each.event.id)
          .toSorted(),
      ).toEqual(log.data.map((event) => event.id).toSorted());
      orders.add(
        ear.heard
          .slice(2)
          .map((each) => each.event.type)
          .join(),
      );
      await ear.close();
    }
    expect(orders.size).toBeGreaterThan(1);
  });

  it("survive the sandbox: undelivered events arrive after a restart by themselves", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "sandbox-"));
    try {
      const ear = await startListener();
      ear.answers.push(500);
      const first = await startSandbox({ dataDir, webhookBase: ear.base });
      const before = await newWorld(first, { name: "default" });
      await before.stripe.customers.create({ name: "A" });
      await ear.until(1);
      await first.close();
      const second = await startSandbox({ dataDir });
      const heard = await ear.until(2);
      const after = await newWorld(second, { name: "default" });
      expect(after.secret).toBe(before.secret);
      expect(after.key).toBe(before.key);
      expect(heard[1]?.event.id).toBe(heard[0]?.event.id);
      expect((await after.stripe.customers.list()).data).toHaveLength(1);
      await second.close();
      await ear.close();
    } finally {
      rmSync(dataDir, { recursive: true });
    }
  });
});

describe("webhook faults", () => {
  it.each(["bad_signature", "corrupt", "old_timestamp"])("%s: the SDK refuses it", async (kind) => {
    await fault(kind);
    listener.answers.push(400);
    await world.stripe.customers.create({ name: "A" });
    const heard = await listener.until(1);
    expect(() => verify(heard[0] as Heard)).toThrow(/signature|timestamp/i);
    await advance("2s");
    await listener.until(2);
    expect(verify(listener.heard[1] as Heard).type).toBe("customer.created");
  });

  it("drop: nothing arrives until the retry; for good when lost", async () => {
    await fault("drop");
    await world.stripe.customers.create({ name: "A" });
    await advance("500ms");
    expect(listener.heard).toHaveLength(0);
    await advance("1s");
    expect(listener.heard).toHaveLength(1);
    await fault("drop", { params: { lost: true } });
    await world.stripe.customers.create({ name: "B" });
    await advance("80h");
    expect(listener.heard).toHaveLength(1);
    expect((await world.stripe.events.list({ delivery_success: false })).data).toHaveLength(1);
  });

  it("duplicate: n copies of the same bytes, which count for nothing", async () => {
    await fault("duplicate", { params: { n: 3 } });
    await world.stripe.customers.create({ name: "A" });
    const heard = await listener.until(4);
    expect(new Set(heard.map((each) => each.body.toString())).size).toBe(1);
    expect((await world.stripe.events.list()).data[0]?.pending_webhooks).toBe(0);
  });

  it("delay and reorder: later events overtake", async () => {
    await fault("delay", { match: { event: "customer.*" }, params: { ms: 10_000 } });
    await world.stripe.customers.create({ name: "A" });
    await world.stripe.products.create({ name: "B" });
    await listener.until(1);
    expect(listener.heard[0]?.event.type).toBe("product.created");
    await advance("10s");
    expect(types(await listener.until(2))).toEqual(["customer.created", "product.created"]);
    await fault("reorder", { times: 20, params: { window_ms: 60_000 } });
    for (let i = 0; i < 20; i++) await world.stripe.customers.create({ name: `C${i}` });
    await advance("1m");
    const names = (await listener.until(22))
      .slice(2)
      .map((each) => (each.event.data.object as Stripe.Customer).name);
    expect(names.toSorted()).toHaveLength(20);
    expect(names).not.toEqual(Array.from({ length: 20 }, (_, i) => `C${i}`));
  });
});

describe("trigger", () => {
  it("causes each event it is named for", async () => {
    const coverage = await control<{ triggers: { stripe: string[] } }>("GET", "/coverage");
    for (const event of coverage.body.triggers.stripe) {
      const own = await newWorld(sandbox, { clock: { mode: "manual" } });
      const answer = await control("POST", "/trigger", { world: own.name, company: "stripe", event });
      expect(answer.status).toBe(200);
      await control("POST", "/clock", { world: own.name, advance: "5s" });
      expect((await own.stripe.events.list({ type: event })).data, event).not.toEqual([]);
    }
  });
});
