import { expect, test } from "vitest";
import { declinedAccount } from "./declined.ts";

test.each([
  ["card_declined", "declined:card_declined"],
  ["INSTRUMENT_DECLINED", "declined:instrument_declined"],
  ["a b: c", "declined:a_b_c"],
  ["", "declined:unknown"],
  ["x".repeat(200), `declined:${"x".repeat(60)}`],
])("%j is counted as %s", (code, account) => expect(declinedAccount(code)).toBe(account));
