import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");
const CODE = /\.(ts|tsx|js|mjs|cjs|css|sh|sql)$|^bin\/|^\.ci\//;
const GENERATED = /^(contract\/client\/|db\/rows\.ts$|db\/schema\.sql$)/;

// Functions are held to 70 lines by the linter.
test("no file is longer than 400 lines", () => {
  const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8" })
    .split("\n")
    .filter(Boolean);
  const long = files
    .filter((file) => CODE.test(file) && !GENERATED.test(file))
    .map((file) => ({ file, lines: readFileSync(resolve(root, file), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > 400);
  expect(long).toEqual([]);
});
