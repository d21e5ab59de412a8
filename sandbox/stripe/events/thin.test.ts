/** Thin events, secrets that are rolled, lists that lag, endpoints that are given up. */
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from "vitest";
import type { Sandbox } from "../../main.ts";
import { controlOf, newSandbox, newWorld, refusalOf, startListener, type Listener } from "../harness.ts";

let sandbox: Sandbox;
let listener: Listener;
beforeAll(async () => {
  sandbox = await newSandbox();
});
afterAll(() => sandbox.close());
beforeEach(async () => {
  listener = await startListener();
});
afterEach(() => listener.close());

describe("a thin event", () => {
  it("names the object and its snapshot, is signed like one, and can be fetched", async () => {
    const world = await newWorld(sandbox);
    const { stripe } = world;
    const made = await stripe.v2.core.eventDestinations.create({
      name: "Thin",
      type: "webhook_endpoint",
      event_payload: "thin",
      enabled_events: ["v1.customer.created"],
      webhook_endpoint: { url: `${listener.base}/thin` },
      include: ["webhook_endpoint.signing_secret"],
    });
    const secret = made.webhook_endpoint?.signing_secret ?? "";
    const customer = await stripe.customers.create({ name: "Ann" });
    const [heard] = await listener.until(1);
    const notification = stripe.parseEventNotification(
      heard?.body ?? "",
      String(heard?.headers["stripe-signature"]),
      secret,
    );
    expect(notification).toMatchObject({
      type: "v1.customer.created",
      related_object: { id: customer.id, type: "customer", url: `/v1/customers/${customer.id}` },
    });
    const event = await stripe.v2.core.events.retrieve(notification.id);
    expect(event).toMatchObject({ id: notification.id, object: "v2.core.event" });
    const [snapshot] = (await stripe.events.list({ type: "customer.created" })).data;
    expect(event.snapshot_event).toBe(snapshot?.id);
    await stripe.v2.core.eventDestinations.disable(made.id);
    expect((await stripe.v2.core.eventDestinations.retrieve(made.id)).status).toBe("disabled");
    await stripe.v2.core.eventDestinations.del(made.id);
  });

  it("is of types with v1 before them only", async () => {
    const world = await newWorld(sandbox);
    const wrong = world.stripe.v2.core.eventDestinations.create({
      name: "Thin",
      type: "webhook_endpoint",
      event_payload: "thin",
      enabled_events: ["customer.created"],
      webhook_endpoint: { url: `${listener.base}/thin` },
    });
    expect((await refusalOf(wrong)).statusCode).toBe(400);
  });
});

describe("an endpoint", () => {
  it("whose secret is rolled is signed for with both for 24 hours", async () => {
    const world = await newWorld(sandbox, { clock: { mode: "manual" }, webhook_base: listener.base });
    const control = controlOf(sandbox);
    const [endpoint] = (await world.stripe.webhookEndpoints.list()).data;
    const rolled = await control<{ secret: string }>(
      "POST",
      `/stripe/endpoints/${endpoint?.id}/roll?world=${world.name}`,
      {},
    );
    await world.stripe.customers.create({});
    await control("POST", "/clock", { world: world.name, advance: "25h" });
    await world.stripe.customers.create({});
    await control("POST", "/clock", { world: world.name, advance: "1s" });
    const [both, one] = await listener.until(2);
    const verify = (at: typeof both, secret: string): boolean => {
      try {
        world.stripe.webhooks.constructEvent(at?.body ?? "", String(at?.headers["stripe-signature"]), secret);
        return true;
      } catch {
        return false;
      }
    };
    expect([verify(both, world.secret), verify(both, rolled.body.secret)]).toEqual([true, true]);
    expect([verify(one, world.secret), verify(one, rolled.body.secret)]).toEqual([false, true]);
  });

  it("is disabled after three days of failures, where that is set", async () => {
    const world = await newWorld(sandbox, { clock: { mode: "manual" }, webhook_base: listener.base });
    const control = controlOf(sandbox);
    await control("POST", `/stripe/settings?world=${world.name}`, { disable_failing_endpoints: true });
    listener.answers.push(...Array.from({ length: 40 }, () => 500));
    await world.stripe.customers.create({});
    await control("POST", "/clock", { world: world.name, advance: "80h" });
    expect((await world.stripe.webhookEndpoints.list()).data[0]?.status).toBe("disabled");
  });
});

describe("the list of events", () => {
  it("lags by as much as is set; nonsense is refused", async () => {
    const world = await newWorld(sandbox, { clock: { mode: "manual" } });
    const control = controlOf(sandbox);
    const path = `/stripe/settings?world=${world.name}`;
    await control("POST", path, { event_list_lag_s: 90 });
    await world.stripe.customers.create({});
    expect((await world.stripe.events.list()).data).toEqual([]);
    await control("POST", "/clock", { world: world.name, advance: "90s" });
    expect((await world.stripe.events.list()).data).toHaveLength(1);
    for (const wrong of [{ event_list_lag_s: -1 }, { after_retries: "pray" }, { lag: 1 }, {}]) {
      expect((await control("POST", path, wrong)).status).toBe(422);
    }
  });
});
