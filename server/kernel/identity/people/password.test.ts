import { expect, test } from "vitest";
import { passwordFault } from "./password.ts";

test.each([
  ["Correct1", null],
  ["Äöüßxyz7", null],
  ["Sh0rt", "must have 8 to 128 characters"],
  [`Aa1${"x".repeat(126)}`, "must have 8 to 128 characters"],
  [`Aa1${"x".repeat(125)}`, null],
  ["nouppercase1", "must have an upper-case letter, a lower-case letter and a digit"],
  ["NOLOWERCASE1", "must have an upper-case letter, a lower-case letter and a digit"],
  ["NoDigitsHere", "must have an upper-case letter, a lower-case letter and a digit"],
  ["A1@Example.com", "must not be the e-mail address"],
])("%s: %s", (password, fault) => {
  expect(passwordFault(password, "a1@example.com")).toBe(fault);
});
