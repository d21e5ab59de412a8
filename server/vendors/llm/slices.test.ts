import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { inSlices } from "./slices.ts";

test("a long body is sent whole, with its length, and others have turns meanwhile", async () => {
  const long = Buffer.from(Array.from({ length: 1_000_000 }, (_, index) => index % 251));
  const { headers, body } = inSlices({ accept: "x" }, long);
  expect(headers).toEqual({ accept: "x", "content-length": "1000000" });
  if (Buffer.isBuffer(body)) throw new Error("it is not in slices");
  let turns = 0;
  let isSending = true;
  const turn = () => {
    turns += 1;
    if (isSending) setImmediate(turn);
  };
  setImmediate(turn);
  const sent = await buffer(body);
  isSending = false;
  expect(sent.equals(long)).toBe(true);
  // One after each of eight slices, but for the last.
  expect(turns).toBeGreaterThanOrEqual(7);
});

test("a short body is sent at once", () => {
  const short = Buffer.from("short");
  expect(inSlices({}, short)).toEqual({ headers: {}, body: short });
});
