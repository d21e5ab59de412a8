import { expect, test } from "vitest";
import { PLAN_MARKUPS, planMarkupsOf, shownMarkups, timeoutsOf } from "./provider-form.ts";

const form = (values: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
};

test("deadlines that are left empty are everybody's", () => {
  expect(timeoutsOf(form({ json_s: "", stall_s: " " }))).toBeNull();
  expect(timeoutsOf(form({ json_s: "30", stall_s: "" }))).toEqual({ json_s: 30 });
});

test("markups of plans are written as they are read", () => {
  const percents = { pro: 20, enterprise: 0 };
  expect(planMarkupsOf(form({ plan_markups: ` ${shownMarkups(percents)}, ` }))).toEqual(percents);
  expect(planMarkupsOf(form({ plan_markups: "" }))).toEqual({});
  const field = new RegExp(`^(?:${PLAN_MARKUPS})$`, "v");
  for (const text of ["", "pro 20", "pro 20, team_2 0", "pro 20,"]) expect(text).toMatch(field);
  for (const text of ["pro", "20", "pro: 20", "pro 20 team 5"]) expect(text).not.toMatch(field);
});
