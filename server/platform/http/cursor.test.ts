import { expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { openCursor, sealCursor } from "./cursor.ts";

test("cursors are ours or refused", () => {
  const at = new Date(5);
  expect(openCursor(sealCursor(at, "pay_1"))).toEqual({ at, id: "pay_1" });
  expect(openCursor(undefined)).toBeNull();
  expect(() => openCursor("nonsense")).toThrow(Problem);
});
