import { expect, test } from "vitest";
import { timeoutsOf } from "./provider-form.ts";

const form = (values: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
};

test("deadlines that are left empty are everybody's", () => {
  expect(timeoutsOf(form({ json_s: "", stall_s: " " }))).toBeNull();
  expect(timeoutsOf(form({ json_s: "30", stall_s: "" }))).toEqual({ json_s: 30 });
});
