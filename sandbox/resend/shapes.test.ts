/** Every request, answer and event against Resend's own document, when this machine has it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { EVENT_TYPES } from "./events.ts";
import { got, newMailWorld, refused, type MailWorld } from "./harness.ts";
import { BUILT } from "./serve.ts";
import { readSpec } from "./specs.ts";

type Media = { content?: { "application/json"?: { schema?: object } } };
type Published = {
  paths: Record<string, Record<string, { requestBody?: Media; responses: Record<string, Media> }>>;
  webhooks: Record<string, { post: { requestBody: Media } }>;
  components: object;
};
const document = readSpec("resend.trimmed.json") as Published | null;
type Recorded = {
  method: string;
  path: string;
  status: number;
  direction: string;
  request: { body: string };
  response: { body: string };
};

describe.skipIf(document === null)("exchanges against resend.trimmed.json", () => {
  const { paths, webhooks, components } = document ?? { paths: {}, webhooks: {}, components: {} };
  let sandbox: Sandbox;
  let world: MailWorld;
  let recorded: Recorded[];
  let ajv: Ajv2020;
  beforeAll(async () => {
    sandbox = await startSandbox();
    world = await newMailWorld(sandbox, { webhook_base: "http://127.0.0.1:9/webhooks" });
    ajv = new Ajv2020({ strict: false, allErrors: true });
    addFormats.default(ajv);
    // Says how a string is meant, and nothing about its form.
    ajv.addFormat("binary", true);
    ajv.addSchema({ components }, "resend");
    await useEverything();
    const { body } = await controlOf(sandbox)<{ data: Recorded[] }>(
      "GET",
      `/recordings?world=${world.name}&limit=10000`,
    );
    recorded = body.data;
  });
  afterAll(() => sandbox.close());

  async function useEverything(): Promise<void> {
    const { resend, from } = world;
    const full = {
      from,
      to: ["ann@example.com"],
      cc: "b@example.com",
      bcc: ["c@example.com"],
      replyTo: "d@example.com",
      subject: "Hello",
      html: "<p>Hi</p>",
      text: "Hi",
      headers: { "X-Entity-Ref-ID": "1" },
      tags: [{ name: "a", value: "b" }],
      attachments: [
        { filename: "a.txt", content: Buffer.from("Hi").toString("base64"), contentType: "text/plain" },
      ],
    };
    const bare = { from, to: "ann@example.com", subject: "Hello", text: "Hi" };
    const { id } = await got(resend.emails.send(full));
    await got(resend.emails.get(id));
    for (const to of [
      "bounced@resend.dev",
      "complained@resend.dev",
      "suppressed@resend.dev",
      "bounce@a.example",
      "bounce@a.example",
    ]) {
      const sent = await got(resend.emails.send({ ...bare, to }));
      await world.advance("5s");
      await got(resend.emails.get(sent.id));
    }
    await got(resend.batch.send([bare, bare]));
    const later = await got(resend.emails.send({ ...bare, scheduledAt: "in 1 hour" }));
    await got(resend.emails.get(later.id));
    await got(resend.emails.update({ id: later.id, scheduledAt: "in 2 hours" }));
    await got(resend.emails.cancel(later.id));
    await got(resend.emails.list({ limit: 100 }));
    const domains = await got(resend.domains.list());
    await got(resend.domains.get(domains.data[0]?.id ?? ""));
    const hook = await got(
      resend.webhooks.create({ endpoint: "http://127.0.0.1:9/x", events: ["email.sent"] }),
    );
    await got(resend.webhooks.get(hook.id));
    await got(resend.webhooks.list());
    await got(resend.webhooks.update(hook.id, { status: "disabled" }));
    await got(resend.webhooks.remove(hook.id));
    await refused(resend.emails.get("x"));
    await refused(resend.emails.get(hook.id));
    await refused(resend.emails.send({ ...bare, to: "" }));
    await refused(resend.emails.send({ ...bare, from: "a@b.example" }));
    for (const fault of ["rate_limit", "status"]) {
      await controlOf(sandbox)("POST", "/faults", { world: world.name, company: "resend", fault, times: 1 });
      await refused(resend.emails.send(bare));
    }
  }

  const faultsOf = (schema: object | undefined, value: unknown, what: string): string[] => {
    if (schema === undefined) return [`${what}: not published`];
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"resend#/components/');
    const validate: ValidateFunction = ajv.compile(JSON.parse(text) as object);
    validate(value);
    return (validate.errors ?? []).map((error) => `${what}${error.instancePath} ${error.message}`);
  };
  /** `GET /emails/{id}` of `/resend/emails/…`. */
  const built = ({ method, path }: Recorded): string => {
    const bare = path.replace(/^\/resend/, "").replace(/\?.*$/, "");
    const exact = `${method} ${bare}`;
    return BUILT.includes(exact) ? exact : `${method} ${bare.replace(/^(\/[a-z]+)\/[^/]+/, "$1/{id}")}`;
  };
  const published = (operation: string) => {
    const [method = "", path = ""] = operation.split(" ");
    const name = Object.keys(paths).find((each) => each.replace(/\{[a-z_]+\}/, "{id}") === path) ?? "";
    return paths[name]?.[method.toLowerCase()];
  };
  const json = (media: Media | undefined) => media?.content?.["application/json"]?.schema;

  it("each built operation is published, was used, and its requests and answers have their shapes", () => {
    const seen = new Set<string>();
    const faults: string[] = [];
    expect(faultsOf(json(published("GET /emails/{id}")?.responses["200"]), { to: "x" }, "")).not.toEqual([]);
    for (const each of recorded) {
      if (each.direction !== "in" || each.status < 200 || each.status >= 300) continue;
      const operation = built(each);
      const known = published(operation);
      seen.add(operation);
      const answer: unknown = JSON.parse(each.response.body);
      faults.push(...faultsOf(json(known?.responses[String(each.status)]), answer, operation));
      if (known?.requestBody && each.request.body !== "")
        faults.push(
          ...faultsOf(json(known.requestBody), JSON.parse(each.request.body), `${operation} request`),
        );
    }
    expect([...new Set(faults)]).toEqual([]);
    expect([...seen].toSorted()).toEqual(BUILT);
  });

  it("each event has the shape of its type, and each type was seen", async () => {
    const sent = recorded.filter(({ direction }) => direction === "out").map(({ request }) => request.body);
    const faults: string[] = [];
    const types = new Set<string>();
    for (const body of sent) {
      const event = JSON.parse(body) as { type: string };
      types.add(event.type);
      faults.push(...faultsOf(json(webhooks[event.type]?.post.requestBody), event, event.type));
    }
    expect([...new Set(faults)]).toEqual([]);
    expect([...types].toSorted()).toEqual([...EVENT_TYPES].toSorted());
  });

  it("each error has a name that Resend's SDK knows", () => {
    const { names } = readSpec("error-names.json") as { names: string[] };
    const used = recorded
      .filter(({ direction, status }) => direction === "in" && status >= 400)
      .map(
        ({ response, status }) =>
          [JSON.parse(response.body) as { name: string; statusCode: number }, status] as const,
      );
    expect(used.length).toBeGreaterThan(4);
    expect(
      used.filter(([{ name, statusCode }, status]) => !names.includes(name) || statusCode !== status),
    ).toEqual([]);
  });
});
