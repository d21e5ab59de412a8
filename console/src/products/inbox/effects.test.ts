import { expect, it } from "vitest";
import { listEffects } from "./effects.ts";

it("counts what an event did, by kind", () => {
  const effects = [{ kind: "payment" }, { kind: "transaction" }, { kind: "transaction" }];
  expect(listEffects(effects)).toBe("payment, 2 transactions");
  expect(listEffects([])).toBe("none");
});
