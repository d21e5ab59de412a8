import { expect, test } from "vitest";
import { visitError } from "./visit-errors.ts";

test("a company that is away is no fault of the person's, and is named", () => {
  expect(visitError("provider_unavailable", "Google")).toMatchObject({
    tone: "warn",
    title: "Google does not answer",
  });
});

test("a code that nobody knows yet is still told in words", () => {
  expect(visitError("something_new", "GitHub").title).toBe("Signing in with GitHub did not work");
});
