/** Faults of calls, and the worlds they are shut in. */
import Stripe from "stripe";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { globMatches } from "./faults.ts";

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());

type Fault = { id: string; times: number | null };
async function control<T = { data: Fault[] }>(
  method: string,
  path: string,
  body?: unknown,
): Promise<[number, T]> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const answer = await fetch(`${sandbox.url}/_sandbox${path}`, init);
  return [answer.status, (await answer.json()) as T];
}
const client = (options: Stripe.StripeConfig = {}, world = "default"): Stripe =>
  new Stripe(`sk_test_${world}_abcd1234`, {
    host: "127.0.0.1",
    port: sandbox.port,
    protocol: "http",
    maxNetworkRetries: 0,
    telemetry: false,
    ...options,
  });
const customers = async (): Promise<number> => (await client().customers.list({ limit: 100 })).data.length;
const post = (key: string): Promise<Response> =>
  fetch(`${sandbox.url}/v1/customers`, {
    method: "POST",
    headers: { authorization: "Bearer sk_test_default_abcd1234", "idempotency-key": key },
    body: new URLSearchParams({ name: "A" }),
  });
const once = (fault: string, more: Record<string, unknown> = {}) =>
  control("POST", "/faults", { fault, times: 1, match: { method: "POST" }, ...more });

describe("faults of a call", () => {
  afterEach(() => control("DELETE", "/faults"));

  // By plain HTTP: the SDK by itself tries once more when a connection breaks.
  const outcomeOf = (key: string): Promise<number | string> =>
    post(key).then(
      (answer) => answer.status,
      () => "no answer",
    );

  it.each([
    ["timeout", "no answer"],
    ["reset", "no answer"],
    ["status", 503],
  ])("%s with effect done: a retry with the same key finds the one object", async (kind, outcome) => {
    const before = await customers();
    const params = kind === "status" ? { status: 503 } : { ms: 50 };
    await once(kind, { effect: "done", params });
    expect(await outcomeOf(`done-${kind}`)).toBe(outcome);
    expect(await customers()).toBe(before + 1);
    expect(await outcomeOf(`done-${kind}`)).toBe(200);
    expect(await customers()).toBe(before + 1);
  });

  it.each([
    ["timeout", "no answer"],
    ["reset", "no answer"],
    ["status", 500],
    ["rate_limit", 429],
  ])("%s with effect none does nothing", async (kind, outcome) => {
    const before = await customers();
    await once(kind, { effect: "none", params: { ms: 50 } });
    expect(await outcomeOf(`none-${kind}`)).toBe(outcome);
    expect(await customers()).toBe(before);
  });

  it("a 500 is kept under its key, as Stripe keeps its own; a 503 is not", async () => {
    await once("status", { params: { status: 500 } });
    expect((await post("kept-500")).status).toBe(500);
    expect((await post("kept-500")).status).toBe(500);
    await once("status", { params: { status: 503 } });
    expect((await post("not-kept-503")).status).toBe(503);
    expect((await post("not-kept-503")).status).toBe(200);
  });

  it("rate_limit says when to come again, in the company's body", async () => {
    await once("rate_limit", { params: { retry_after: 7 } });
    const answer = await post("limit-1");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(await answer.json()).toMatchObject({ error: { code: "rate_limit" } });
  });

  it("corrupt and truncate spoil the JSON, wrong_type the content type; the act stands", async () => {
    const before = await customers();
    for (const kind of ["corrupt", "truncate"]) {
      await once(kind);
      const text = await (await post(`bytes-${kind}`)).text();
      expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    }
    await once("wrong_type");
    const answer = await post("type-1");
    expect(answer.headers.get("content-type")).toContain("text/html");
    expect(await answer.json()).toMatchObject({ object: "customer" });
    expect(await customers()).toBe(before + 3);
  });

  it("cut_stream ends the connection, slow_stream keeps to its bytes per second", async () => {
    await once("cut_stream", { params: { after: 0 } });
    await expect(post("cut-1").then((answer) => answer.text())).rejects.toThrow(/fetch failed|terminated/);
    await once("slow_stream", { params: { bytes_per_second: 4_000 } });
    const started = performance.now();
    const body = await (await post("slow-1")).text();
    expect(performance.now() - started).toBeGreaterThan((body.length / 4_000) * 1_000 - 150);
    expect(JSON.parse(body)).toMatchObject({ object: "customer" });
  });

  it("stall sends nothing more and holds the connection", async () => {
    await once("stall", { params: { after: 0, ms: 100 } });
    await expect(post("stall-1").then((answer) => answer.text())).rejects.toThrow(/fetch failed|terminated/);
  });

  it("match by method, path and body, and count their times down", async () => {
    const match = { path: "/v1/customers/*", method: "POST", body: "name=Bad" };
    await control("POST", "/faults", { fault: "status", times: 2, match });
    const made = await client().customers.create({ name: "Bad" });
    await client().customers.update(made.id, { name: "Good" });
    const update = () => client().customers.update(made.id, { name: "Bad" });
    await expect(update()).rejects.toMatchObject({ statusCode: 500 });
    await expect(update()).rejects.toMatchObject({ statusCode: 500 });
    expect((await update()).name).toBe("Bad");
  });

  it("draw the same dice for the same seed", async () => {
    const run = async (world: string, seed: string): Promise<string> => {
      await control("POST", "/worlds", { name: world, seed });
      await control("POST", "/faults", { world, fault: "status", probability: 0.4 });
      let outcome = "";
      for (let i = 0; i < 30; i++) {
        const list = client({}, world).customers.list();
        outcome += await list.then(
          () => ".",
          () => "x",
        );
      }
      return outcome;
    };
    const first = await run("dice-1", "same");
    expect(first).toMatch(/x/);
    expect(first).toMatch(/\./);
    expect(await run("dice-2", "same")).toBe(first);
    expect(await run("dice-3", "other")).not.toBe(first);
  });
});

describe("the control API", () => {
  it("422 for an unknown kind, a wrong number, a wrong name, a wrong duration, no JSON", async () => {
    const wrong: [string, string, unknown][] = [
      ["POST", "/faults", { fault: "explode" }],
      ["POST", "/faults", { fault: "drop" }],
      ["POST", "/faults", { fault: "status", params: { status: 200 } }],
      ["POST", "/faults", { fault: "status", probability: 2 }],
      ["POST", "/faults", { fault: "status", company: "nobody" }],
      ["POST", "/faults", { fault: "status", surprise: 1 }],
      ["POST", "/worlds", { name: "No_Underscores" }],
      ["POST", "/clock", { advance: "soon" }],
      ["POST", "/clock", {}],
      ["POST", "/preset", { preset: "sunny" }],
      ["POST", "/trigger", { company: "stripe", event: "no.such" }],
      ["GET", "/recordings?surprise=1", undefined],
    ];
    for (const [method, path, body] of wrong) {
      const [status, problem] = await control<{ code: string }>(method, path, body);
      expect(status, `${path} ${JSON.stringify(body)}`).toBe(422);
      expect(problem.code).toBe("invalid_input");
    }
    const answer = await fetch(`${sandbox.url}/_sandbox/faults`, { method: "POST", body: "{" });
    expect(answer.status).toBe(422);
    expect((await control("GET", "/faults?world=nobody"))[0]).toBe(404);
  });

  it("403 for a page elsewhere that steers it through a browser", async () => {
    const headers = { origin: "http://example.com" };
    const answer = await fetch(`${sandbox.url}/_sandbox/reset`, { method: "POST", headers });
    expect(answer.status).toBe(403);
  });

  it("presets put faults on and off", async () => {
    const [, storm] = await control("POST", "/preset", { preset: "storm" });
    expect(storm.data.length).toBeGreaterThan(10);
    const [, outage] = await control("POST", "/preset", { preset: "outage", company: "stripe" });
    expect(outage.data).toHaveLength(2);
    await expect(customers()).rejects.toMatchObject({ statusCode: 503 });
    const [, calm] = await control("POST", "/preset", { preset: "calm" });
    expect(calm.data).toEqual([]);
    expect(await customers()).toBeGreaterThan(0);
  });

  it("recordings hold requests and answers without secrets, and give a curl", async () => {
    await control("POST", "/worlds", { name: "recorded", webhook_base: "http://127.0.0.1:1/webhooks" });
    await client({}, "recorded").customers.create({ name: "Seen" });
    type List = { data: { id: number; status: number; path: string }[] };
    const [, list] = await control<List>(
      "GET",
      "/recordings?world=recorded&path=/v1/customers&company=stripe",
    );
    expect(list.data).toMatchObject([{ status: 200, path: "/v1/customers" }]);
    const [, one] = await control<{ curl: string }>("GET", `/recordings/${list.data[0]?.id}?world=recorded`);
    expect(one.curl).toContain("name=Seen");
    expect(one.curl).toContain("sk_test_recorded_…");
    expect(JSON.stringify(list)).not.toContain("abcd1234");
  });

  it("a reset empties the world and gives the same ids again", async () => {
    await control("POST", "/worlds", { name: "again", clock: "manual" });
    const make = async () => client({}, "again").customers.create({ name: "A" });
    const first = await make();
    await make();
    await control("POST", "/reset", { world: "again" });
    expect(await client({}, "again").customers.list()).toMatchObject({ data: [] });
    expect({ ...(await make()), lastResponse: null }).toEqual({ ...first, lastResponse: null });
  });

  it("worlds never see each other's objects", async () => {
    const names = ["one", "two", "three", "four", "five", "six", "seven", "eight"];
    await Promise.all(
      names.map(async (name) => {
        await control("POST", "/worlds", { name });
        for (let i = 0; i < 5; i++) await client({}, name).customers.create({ name });
      }),
    );
    for (const name of names) {
      const list = await client({}, name).customers.list({ limit: 100 });
      expect(list.data.map((each) => each.name)).toEqual(Array.from({ length: 5 }, () => name));
    }
    const foreign = (await client({}, "one").customers.list()).data[0]?.id ?? "";
    await expect(client({}, "two").customers.retrieve(foreign)).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe("globs", () => {
  it.each([
    ["/v1/refunds", "/v1/refunds", true],
    ["/v1/refunds", "/v1/refunds/re_1", false],
    ["/v1/*/confirm", "/v1/payment_intents/pi_1/confirm", true],
    ["*", "", true],
    ["a*a", "a", false],
    ["a*b*c", "a-b-b-c", true],
    ["a*b*c", "a-c-b", false],
  ])("%s on %s is %s", (glob, text, hit) => {
    expect(globMatches(glob, text)).toBe(hit);
  });
});
