/** The last model call as its receipt and its provider's bill tell it. */
import { expect } from "vitest";
import { faultsOf, type Receipt } from "../../server/products/gateway/receipts/receipt.ts";
import type { ModelCompany, TestGateway } from "./gateway.ts";

type Row = Record<string, string | null>;
export type Settled = { row: Row; receipt: Receipt };

/** Its row, and its receipt, which adds up. */
export async function lastSettled(gateway: TestGateway): Promise<Settled> {
  const row = (await gateway.requests()).at(-1) as unknown as Row;
  const path = `/api/llm/receipts/${row["id"]}`;
  const { body, status } = await gateway.key.call<{ receipt: Receipt }>("GET", path);
  expect(status).toBe(200);
  expect(faultsOf(body.receipt)).toEqual([]);
  return { row, receipt: body.receipt };
}

/** The same of one that costs what its provider bills, and no more than was held. */
export async function costsItsBill(gateway: TestGateway, company: ModelCompany): Promise<Settled> {
  const { row, receipt } = await lastSettled(gateway);
  expect(Number(row["cost_usd"])).toBe(Number((await gateway.bill(company)).at(-1)?.cost));
  expect(BigInt(row["held_micros"] ?? 0) >= BigInt(row["cost_micros"] ?? 0)).toBe(true);
  // Also where the provider's own figure is charged.
  expect(receipt.table_usd).toBe(receipt.cost_usd);
  return { row, receipt };
}
