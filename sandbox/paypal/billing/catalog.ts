/** Products and plans: what can be subscribed to. */
import { z } from "zod";
import type { World } from "../../core/company.ts";
import { insert, iso, link, newId, type Entry, type Link } from "../books.ts";
import { notBuilt, PayPalError, unprocessable } from "../errors.ts";
import { moneyInput, toMinor, type Money } from "../money.ts";

const text = (max: number) => z.string().min(1).max(max);

export const productInput = z.object({
  id: z.string().min(6).max(50).optional(),
  name: text(127),
  description: text(256).optional(),
  type: z.enum(["PHYSICAL", "DIGITAL", "SERVICE"]),
  category: z
    .string()
    .regex(/^[A-Z_]{4,256}$/)
    .optional(),
  image_url: z.url().max(2000).optional(),
  home_url: z.url().max(2000).optional(),
});
export type Product = Omit<z.output<typeof productInput>, "id"> & {
  id: string;
  create_time: string;
  update_time: string;
  links: Link[];
};
export type ProductEntry = Entry<Product, null>;

/** A price; tiers and volumes are PayPal's, but not played here. */
export const priceInput = z.looseObject({ fixed_price: moneyInput.optional() });
const frequencyInput = z.object({
  interval_unit: z.enum(["DAY", "WEEK", "MONTH", "YEAR"]),
  interval_count: z.number().int().min(1).max(365).default(1),
});
export type Frequency = z.output<typeof frequencyInput>;
const cycleInput = z.object({
  pricing_scheme: priceInput.optional(),
  frequency: frequencyInput,
  tenure_type: z.enum(["REGULAR", "TRIAL"]),
  sequence: z.number().int().min(1).max(99),
  total_cycles: z.number().int().min(0).max(999).default(1),
});
export type Cycle = {
  pricing_scheme?: { version: number; fixed_price: Money; create_time: string; update_time: string };
  frequency: Frequency;
  tenure_type: "REGULAR" | "TRIAL";
  sequence: number;
  total_cycles: number;
};
const preferencesInput = z.object({
  auto_bill_outstanding: z.boolean().default(true),
  setup_fee: moneyInput.optional(),
  setup_fee_failure_action: z.enum(["CONTINUE", "CANCEL"]).default("CANCEL"),
  payment_failure_threshold: z.number().int().min(0).max(999).default(0),
});
export const planInput = z.object({
  product_id: z.string().min(6).max(50),
  name: text(127),
  status: z.enum(["CREATED", "INACTIVE", "ACTIVE"]).default("ACTIVE"),
  description: text(127).optional(),
  billing_cycles: z.array(cycleInput).min(1).max(12),
  payment_preferences: preferencesInput,
  taxes: z.object({ percentage: z.string(), inclusive: z.boolean().default(true) }).optional(),
  quantity_supported: z.boolean().default(false),
});
export type PlanInput = z.output<typeof planInput>;
export type Preferences = z.output<typeof preferencesInput>;
export type Plan = Omit<PlanInput, "billing_cycles"> & {
  id: string;
  billing_cycles: Cycle[];
  create_time: string;
  update_time: string;
  links: Link[];
};
export type PlanEntry = Entry<Plan, null>;

export function makeProduct(world: World, input: z.output<typeof productInput>): ProductEntry {
  const id = input.id ?? `PROD-${newId(world, "product")}`;
  if (world.store.get("select 1 as one from paypal_objects where id = ?", id) !== null)
    throw unprocessable("DUPLICATE_RESOURCE_IDENTIFIER", "Duplicate resource identifier.", "/id", id);
  const at = iso(world.clock.now());
  const path = `/v1/catalogs/products/${id}`;
  const links = [link(world, path, "self"), link(world, path, "edit", "PATCH")];
  const body: Product = { ...input, id, create_time: at, update_time: at, links };
  return insert(world, { id, kind: "product", parent: null, body, meta: null });
}

/** The price of one cycle, checked; trials may be free, what follows may not. */
function priceOf(
  cycle: Pick<z.output<typeof cycleInput>, "pricing_scheme" | "tenure_type">,
  at: string,
  field: string,
): Cycle["pricing_scheme"] {
  const { pricing_scheme: scheme, tenure_type: tenure } = cycle;
  if (scheme?.["pricing_model"] !== undefined)
    throw notBuilt(`pricing_model ${String(scheme["pricing_model"])}`);
  if (scheme?.fixed_price === undefined) {
    if (tenure === "TRIAL") return undefined;
    throw new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          field: `${field}/pricing_scheme`,
          location: "body",
          issue: "MISSING_REQUIRED_PARAMETER",
          description: "A required field is missing.",
        },
      ],
    });
  }
  toMinor(scheme.fixed_price, `${field}/pricing_scheme/fixed_price`, tenure === "TRIAL");
  return { version: 1, fixed_price: scheme.fixed_price, create_time: at, update_time: at };
}

function checkCycles(cycles: PlanInput["billing_cycles"]): void {
  const sequences = cycles.map(({ sequence }) => sequence).toSorted((a, b) => a - b);
  if (sequences.some((sequence, n) => sequence !== n + 1))
    throw unprocessable(
      "INVALID_BILLING_CYCLE_SEQUENCE",
      "The provided billing cycle sequence is not available.",
      "/billing_cycles",
    );
  const regular = cycles.filter(({ tenure_type: tenure }) => tenure === "REGULAR");
  if (regular.length !== 1 || cycles.length > 3 || regular[0]?.sequence !== cycles.length)
    throw unprocessable(
      "INVALID_BILLING_CYCLE_SEQUENCE",
      "A plan has up to two trial cycles and then one regular cycle.",
      "/billing_cycles",
    );
  const codes = cycles.map(({ pricing_scheme: scheme }) => scheme?.fixed_price?.currency_code);
  if (new Set(codes.filter((code) => code !== undefined)).size > 1)
    throw unprocessable(
      "CURRENCY_MISMATCH",
      "All currency codes in the request should be of similar value.",
      "/billing_cycles",
    );
}

export function makePlan(world: World, input: PlanInput): PlanEntry {
  if (
    world.store.get(
      "select 1 as one from paypal_objects where id = ? and kind = 'product'",
      input.product_id,
    ) === null
  )
    throw new PayPalError(404, "RESOURCE_NOT_FOUND", {
      details: [
        {
          issue: "INVALID_RESOURCE_ID",
          description: "Requested resource ID was not found.",
          field: "/product_id",
          location: "body",
        },
      ],
    });
  if (input.taxes?.inclusive === false) throw notBuilt("taxes that are not in the price");
  checkCycles(input.billing_cycles);
  const id = `P-${newId(world, "plan", 24)}`;
  const at = iso(world.clock.now());
  const path = `/v1/billing/plans/${id}`;
  const cycles = input.billing_cycles
    .map((cycle, n): Cycle => {
      const { pricing_scheme: _given, ...rest } = cycle;
      const scheme = priceOf(cycle, at, `/billing_cycles/${n}`);
      return { ...rest, ...(scheme === undefined ? {} : { pricing_scheme: scheme }) };
    })
    .toSorted((a, b) => a.sequence - b.sequence);
  const body: Plan = {
    ...input,
    id,
    billing_cycles: cycles,
    create_time: at,
    update_time: at,
    links: [
      link(world, path, "self"),
      link(world, path, "edit", "PATCH"),
      link(world, `${path}/deactivate`, "deactivate", "POST"),
    ],
  };
  return insert(world, { id, kind: "plan", parent: input.product_id, body, meta: null });
}

/** The currency of a plan: that of its regular cycle. */
export const currencyOf = ({ billing_cycles: cycles }: Pick<Plan, "billing_cycles">): string =>
  cycles.at(-1)?.pricing_scheme?.fixed_price.currency_code ?? "USD";
