import fc from "fast-check";
import { expect, test } from "vitest";
import { counterFell, relyingParty } from "./passkey.ts";

test("authenticators know us by the host of BASE_URL and sign its origin", () => {
  expect(relyingParty({ BASE_URL: "https://app.example.com/console/" })).toEqual({
    id: "app.example.com",
    origin: "https://app.example.com",
  });
  expect(relyingParty({ BASE_URL: "http://localhost:3000" })).toEqual({
    id: "localhost",
    origin: "http://localhost:3000",
  });
});

test("a counter must rise, unless it never counts", () => {
  const counter = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  fc.assert(
    fc.property(counter, counter, (before, after) => {
      const rose = after > before;
      expect(counterFell(before, after)).toBe(!rose && !(before === 0 && after === 0));
    }),
  );
});
