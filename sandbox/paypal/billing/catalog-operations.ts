import type { World } from "../../core/company.ts";
import { get, iso, link, save, select } from "../books.ts";
import { malformed, notBuilt, unprocessable } from "../errors.ts";
import { operation, type Answer, type Keyed, type Prefer } from "../operation.ts";
import { patchInput, readBody, type Patch } from "../read.ts";
import { makePlan, makeProduct, planInput, productInput, type Plan, type Product } from "./catalog.ts";
import { listPage } from "./lists.ts";
import type { z } from "zod";

const products = "/v1/catalogs/products";
const plans = "/v1/billing/plans";

const productOf = (world: World, id: string) => get<Product, null>(world, "product", id);
const planOf = (world: World, id: string) => get<Plan, null>(world, "plan", id);

function showProduct(body: Product, prefer: Prefer, status: number): Answer {
  const { id, name, description, create_time, links } = body;
  const little = { id, name, ...(description === undefined ? {} : { description }), create_time, links };
  return { status, body: prefer === "representation" ? body : little, id };
}

function planLittle({ id, product_id, name, status, description, create_time, links }: Plan) {
  return {
    id,
    product_id,
    name,
    status,
    ...(description === undefined ? {} : { description }),
    create_time,
    links,
  };
}
const showPlan = (body: Plan, prefer: Prefer, status: number): Answer => ({
  status,
  body: prefer === "representation" ? body : planLittle(body),
  id: body.id,
});

/** 72 hours, as PayPal keeps the keys of subscriptions and their catalogue. */
const productKeyed: Keyed = {
  hours: 72,
  latest: ({ world, prefer }, id) => showProduct(productOf(world, id).body, prefer, 200),
};
const planKeyed: Keyed = {
  hours: 72,
  latest: ({ world, prefer }, id) => showPlan(planOf(world, id).body, prefer, 200),
};

/** Sets plain fields; `schemas` says which, and what they may be. */
function patchFields(
  body: Record<string, unknown>,
  patch: Patch,
  schemas: Readonly<Record<string, z.ZodType>>,
): void {
  for (const [n, { op, path = "", value }] of patch.entries()) {
    const name = path.replace(/^\//, "");
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (schema === undefined) throw notBuilt(`a patch of ${path}`);
    if (op !== "add" && op !== "replace" && op !== "remove")
      throw malformed("INVALID_PATCH_OPERATION", "The operation is not supported.", `/${n}/op`);
    body[name] = op === "remove" ? undefined : readBody(schema, Buffer.from(JSON.stringify(value ?? null)));
  }
}

function setStatus(world: World, id: string, status: "ACTIVE" | "INACTIVE"): Answer {
  const entry = planOf(world, id);
  if ((entry.body.status === "ACTIVE") === (status === "ACTIVE"))
    throw unprocessable(
      "PLAN_STATUS_INVALID",
      status === "ACTIVE"
        ? "Invalid plan status for activate action; plan status should be either created or inactive."
        : "Invalid plan status for deactivate action; plan status should be active.",
    );
  entry.body.status = status;
  entry.body.update_time = iso(world.clock.now());
  const other = status === "ACTIVE" ? "deactivate" : "activate";
  entry.body.links = [...entry.body.links.slice(0, 2), link(world, `${plans}/${id}/${other}`, other, "POST")];
  save(world, entry);
  return { status: 204 };
}

function findPlans(world: World, query: URLSearchParams) {
  const product = query.get("product_id");
  const ids = query.get("plan_ids")?.split(",") ?? null;
  return select<Plan, null>(world, "plan").filter(
    ({ id, body }) => (product === null || body.product_id === product) && (ids === null || ids.includes(id)),
  );
}

export const catalogOperations = [
  operation(
    "POST",
    products,
    productInput,
    ({ world, body, prefer }) => showProduct(makeProduct(world, body).body, prefer, 201),
    productKeyed,
  ),
  operation("GET", products, null, ({ world, query }) => ({
    status: 200,
    body: listPage(world, "products", products, query, select<Product, null>(world, "product"), (body) => {
      const { id, name, description, create_time, links } = body;
      return { id, name, ...(description === undefined ? {} : { description }), create_time, links };
    }),
  })),
  operation("GET", `${products}/{id}`, null, ({ world, id }) =>
    showProduct(productOf(world, id).body, "representation", 200),
  ),
  operation("PATCH", `${products}/{id}`, patchInput, ({ world, id, body }) => {
    const entry = productOf(world, id);
    const { description, category, image_url, home_url } = productInput.shape;
    patchFields(entry.body, body, { description, category, image_url, home_url });
    entry.body.update_time = iso(world.clock.now());
    save(world, entry);
    return { status: 204 };
  }),
  operation(
    "POST",
    plans,
    planInput,
    ({ world, body, prefer }) => showPlan(makePlan(world, body).body, prefer, 201),
    planKeyed,
  ),
  operation("GET", plans, null, ({ world, query }) => ({
    status: 200,
    body: listPage(world, "plans", plans, query, findPlans(world, query), planLittle),
  })),
  operation("GET", `${plans}/{id}`, null, ({ world, id }) =>
    showPlan(planOf(world, id).body, "representation", 200),
  ),
  operation("PATCH", `${plans}/{id}`, patchInput, ({ world, id, body }) => {
    const entry = planOf(world, id);
    const { description, name } = planInput.shape;
    patchFields(entry.body, body, { description, name });
    entry.body.update_time = iso(world.clock.now());
    save(world, entry);
    return { status: 204 };
  }),
  operation("POST", `${plans}/{id}/activate`, null, ({ world, id }) => setStatus(world, id, "ACTIVE")),
  operation("POST", `${plans}/{id}/deactivate`, null, ({ world, id }) => setStatus(world, id, "INACTIVE")),
];
