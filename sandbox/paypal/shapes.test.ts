/** Every request, answer and event's resource against PayPal's own documents, when this machine has them. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";
import { newPayPalWorld, type Json, type PayPalWorld } from "./harness.ts";
import { OPERATIONS } from "./operations.ts";
import { readSpec } from "./specs.ts";
import { useEverything } from "./story.ts";

type Media = { $ref?: string; content?: Record<string, { schema?: object } | undefined> };
type Published = {
  paths: Record<string, Record<string, { requestBody?: Media; responses: Record<string, Media> }>>;
  components: {
    schemas: Record<string, object>;
    requestBodies?: Record<string, Media>;
    responses?: Record<string, Media>;
  };
};
const FILES = [
  "checkout_orders_v2",
  "payments_payment_v2",
  "billing_subscriptions_v1",
  "notifications_webhooks_v1",
  "catalogs_products_v1",
  "customer_disputes_v1",
  "vault_payment_tokens_v3",
];
const documents = FILES.map((name) => ({ name, document: readSpec(`${name}.json`) as Published | null }));
type Recorded = {
  method: string;
  path: string;
  status: number;
  direction: string;
  request: { headers: Record<string, string>; body: string };
  response: { body: string };
};

describe.skipIf(documents.some(({ document }) => document === null))(
  "exchanges against PayPal's documents",
  () => {
    let sandbox: Sandbox;
    let world: PayPalWorld;
    let recorded: Recorded[];
    let ajv: Ajv2020;
    beforeAll(async () => {
      sandbox = await startSandbox();
      world = await newPayPalWorld(sandbox, { webhook_base: "http://127.0.0.1:9/webhooks" });
      // PayPal's patterns are not written for the strict mode of regular expressions.
      ajv = new Ajv2020({ strict: false, allErrors: true, unicodeRegExp: false });
      addFormats.default(ajv);
      // Names of its own for what the patterns beside them say.
      const named = JSON.stringify(documents).matchAll(/"format":"((?:ppaas|merchant|payer)_[a-z0-9_]+)"/g);
      for (const [, name] of named) ajv.addFormat(name ?? "", true);
      for (const { name, document } of documents)
        if (document !== null) ajv.addSchema({ components: document.components }, name);
      await useEverything(sandbox, world);
      const list = await controlOf(sandbox)<{ data: Recorded[] }>(
        "GET",
        `/recordings?world=${world.name}&limit=10000`,
      );
      recorded = list.body.data.filter(({ path }) => path.startsWith("/paypal/"));
    });
    afterAll(() => sandbox.close());

    const faultsOf = (name: string, schema: object | undefined, value: unknown, what: string): string[] => {
      if (schema === undefined) return [`${what}: not published`];
      const text = JSON.stringify(schema).replaceAll('"#/components/', `"${name}#/components/`);
      const validate: ValidateFunction = ajv.compile(JSON.parse(text) as object);
      validate(value);
      return (validate.errors ?? []).map((error) => `${what}${error.instancePath} ${error.message}`);
    };
    /** Where an operation is published, and how. */
    const published = (method: string, path: string) => {
      for (const { name, document } of documents)
        for (const [known, methods] of Object.entries(document?.paths ?? {})) {
          const found = methods[method.toLowerCase()];
          if (found !== undefined && known.replaceAll(/\{[a-z_]+\}/g, "{id}") === path)
            return { name, document: document as Published, operation: found };
        }
      return null;
    };
    const resolved = (document: Published, media: Media | undefined): Media | undefined => {
      const last = media?.$ref?.split("/").slice(-2) ?? [];
      if (last.length < 2) return media;
      return last[0] === "requestBodies"
        ? document.components.requestBodies?.[last[1] ?? ""]
        : document.components.responses?.[last[1] ?? ""];
    };
    const builtOf = ({ method, path }: Recorded): string | null => {
      const bare = path.replace(/^\/paypal/, "").replace(/\?.*$/, "");
      const found = OPERATIONS.find(
        (each) =>
          each.method === method && new RegExp(`^${each.path.replaceAll("{id}", "[^/]+")}$`).test(bare),
      );
      return found === undefined ? null : found.path;
    };
    /** PayPal publishes no document of these. */
    const UNPUBLISHED = /^\/v1\/(reporting|oauth2)\//;
    /** Requests that the published documents of 2024 are too narrow for: today's vault takes setup tokens. */
    const NARROW = new Set(["POST /v3/vault/payment-tokens"]);
    const isError = (status: number): boolean => status >= 400;

    it("each built operation is published, was used, and its requests and answers have their shapes", () => {
      const seen = new Set<string>();
      const faults: string[] = [];
      const order = documents[0]?.document?.components.schemas["order"];
      expect(faultsOf(FILES[0] ?? "", order, { status: "PAID" }, ""), "the check bites").not.toEqual([]);
      for (const each of recorded) {
        const path = each.direction === "in" ? builtOf(each) : null;
        if (path === null || UNPUBLISHED.test(path)) continue;
        const what = `${each.method} ${path}`;
        const known = published(each.method, path);
        if (known === null) {
          faults.push(`${what}: not published`);
          continue;
        }
        if (isError(each.status)) continue;
        seen.add(what);
        const response = resolved(known.document, known.operation.responses[String(each.status)]);
        if (response === undefined) faults.push(`${what}: no answer ${each.status} is published`);
        if (each.response.body !== "")
          faults.push(
            ...faultsOf(
              known.name,
              response?.content?.["application/json"]?.schema,
              JSON.parse(each.response.body),
              `${what} ${each.status}`,
            ),
          );
        const request = resolved(known.document, known.operation.requestBody)?.content?.["application/json"]
          ?.schema;
        if (request !== undefined && each.request.body !== "" && !NARROW.has(what))
          faults.push(...faultsOf(known.name, request, JSON.parse(each.request.body), `${what} request`));
      }
      expect([...new Set(faults)]).toEqual([]);
      const built = OPERATIONS.filter(({ path }) => !UNPUBLISHED.test(path)).map(
        ({ method, path }) => `${method} ${path}`,
      );
      expect([...seen].toSorted()).toEqual(built.toSorted());
    });

    it("each refusal has the published form, and names an issue that PayPal publishes", () => {
      const text = documents.map(({ document }) => JSON.stringify(document)).join("");
      const refusals = recorded.filter(({ direction, status }) => direction === "in" && isError(status));
      expect(refusals.length).toBeGreaterThan(5);
      const faults: string[] = [];
      for (const { status, path, response } of refusals) {
        const body = JSON.parse(response.body) as { name: string; details?: { issue: string }[] };
        const schema = documents[0]?.document?.components.schemas[`error_${status}`];
        if (!UNPUBLISHED.test(path.replace("/paypal", "")))
          faults.push(...faultsOf(FILES[0] ?? "", schema, body, path));
        for (const { issue } of body.details ?? []) if (!text.includes(`"${issue}"`)) faults.push(issue);
      }
      expect([...new Set(faults)]).toEqual([]);
    });

    it("each event has the published form, and its resource that of its object", async () => {
      const RESOURCES: Readonly<Record<string, [file: string, schema: string]>> = {
        "checkout-order": ["checkout_orders_v2", "order"],
        capture: ["payments_payment_v2", "capture-2"],
        authorization: ["payments_payment_v2", "authorization-2"],
        refund: ["payments_payment_v2", "refund"],
        subscription: ["billing_subscriptions_v1", "subscription"],
        dispute: ["customer_disputes_v1", "dispute"],
        payment_token: ["vault_payment_tokens_v3", "payment_token_response"],
      };
      const { body } = await world.call("GET", "/v1/notifications/webhooks-events?page_size=300");
      const faults: string[] = [];
      const kinds = new Set<string>();
      for (const event of body["events"] as {
        event_type: string;
        resource_type: string;
        resource_version: string;
        resource: Json;
      }[]) {
        const schemaOf = (file: string, name: string): object | undefined =>
          documents.find((each) => each.name === file)?.document?.components.schemas[name];
        faults.push(
          ...faultsOf(
            "notifications_webhooks_v1",
            schemaOf("notifications_webhooks_v1", "event"),
            event,
            event.event_type,
          ),
        );
        kinds.add(event.resource_type);
        // Sales and their refunds are told of in the words of an API whose document is not published any more.
        const [file, name] = RESOURCES[event.resource_type] ?? [];
        if (event.event_type.startsWith("PAYMENT.SALE") || file === undefined || name === undefined) continue;
        faults.push(...faultsOf(file, schemaOf(file, name), event.resource, event.event_type));
      }
      expect([...new Set(faults)]).toEqual([]);
      expect([...kinds].toSorted()).toEqual([...Object.keys(RESOURCES), "sale"].toSorted());
    });
  },
);
