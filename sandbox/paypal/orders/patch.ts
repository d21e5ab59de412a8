import type { z } from "zod";
import type { World } from "../../core/company.ts";
import { malformed, unprocessable } from "../errors.ts";
import { readBody, type Patch } from "../read.ts";
import { checkUnits, unitInput } from "./input.ts";
import { saveOrder, type OrderEntry } from "./order.ts";

/** What may be changed of a unit here. */
const PATCHABLE = ["custom_id", "invoice_id", "description", "soft_descriptor", "amount"] as const;
const PATH = /^\/purchase_units\/@reference_id=='([^']{1,256})'\/([a-z_]+)$/;

/** Changes units of an order that is not paid yet. */
export function patchOrder(world: World, entry: OrderEntry, patch: Patch): void {
  const { body } = entry;
  if (body.status === "COMPLETED")
    throw unprocessable("ORDER_ALREADY_COMPLETED", "The order cannot be patched after it is completed.");
  for (const [n, { op, path = "", value }] of patch.entries()) {
    const [, reference, name] = PATH.exec(path) ?? [];
    const unit = body.purchase_units.find((each) => each.reference_id === reference);
    const field = PATCHABLE.find((each) => each === name);
    if (unit === undefined || field === undefined || (field === "amount" && op === "remove"))
      throw unprocessable("NOT_PATCHABLE", "Cannot be patched.", path);
    const present = unit[field] !== undefined;
    // PayPal lets an amount be added over one that is there, as its own examples do.
    const fits =
      op === "add" ? !present || field === "amount" : op === "replace" || op === "remove" ? present : false;
    if (!fits)
      throw malformed(
        "INVALID_PATCH_OPERATION",
        "The operation cannot be honored. Cannot add a property that's already present, use replace. Cannot remove a property thats not present, use add. Cannot replace a property thats not present, use add.",
        `/${n}/op`,
      );
    if (op === "remove") {
      delete unit[field];
      continue;
    }
    const schema: z.ZodType = unitInput.shape[field];
    const read = readBody(schema, Buffer.from(JSON.stringify(value ?? null)));
    Object.assign(unit, { [field]: read });
  }
  checkUnits(body.purchase_units.map((unit) => readBody(unitInput, Buffer.from(JSON.stringify(unit)))));
  saveOrder(world, entry);
}
