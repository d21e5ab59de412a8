import { expect, test } from "vitest";
import { createIntent, noteRefusal } from "./intent.ts";

test("a key is kept while the same is tried again, and new for something else, after a refusal, or once it is done", () => {
  const intent = createIntent();
  const first = intent.keyFor({ pack: "starter" });
  expect(intent.keyFor({ pack: "starter" })).toBe(first);
  const other = intent.keyFor({ pack: "team" });
  expect(other).not.toBe(first);
  noteRefusal(other);
  const afterRefusal = intent.keyFor({ pack: "team" });
  expect(afterRefusal).not.toBe(other);
  expect(intent.keyFor({ pack: "team" })).toBe(afterRefusal);
  intent.done();
  expect(intent.keyFor({ pack: "team" })).not.toBe(afterRefusal);
});
