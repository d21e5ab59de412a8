import { expect, test } from "vitest";
import { createLongPrompts } from "./long-prompts.ts";

const LONG = 1024 * 1024;

test("long bodies are read one after the other, in their order, with room between for everything else", async () => {
  const prompts = createLongPrompts();
  const seen: string[] = [];
  const long = (name: string) =>
    prompts.inTurn(LONG, () => {
      seen.push(name);
      for (const until = performance.now() + 5; performance.now() < until;);
      setImmediate(() => seen.push("others"));
      return name;
    });
  expect(await Promise.all([long("first"), long("second"), long("third")])).toEqual([
    "first",
    "second",
    "third",
  ]);
  expect(seen.slice(0, 5)).toEqual(["first", "others", "second", "others", "third"]);
});

test("a short body waits for nobody, and a long one that cannot be read holds nobody up", async () => {
  const prompts = createLongPrompts();
  const refused = prompts.inTurn(LONG, () => {
    throw new Error("no JSON");
  });
  const next = prompts.inTurn(LONG, () => "read");
  expect(await prompts.inTurn(10, () => "short")).toBe("short");
  await expect(refused).rejects.toThrow("no JSON");
  expect(await next).toBe("read");
});
