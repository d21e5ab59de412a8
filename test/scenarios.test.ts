/** What can happen to a payment or a subscription, each proven by a test that carries its name. */
import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.join(import.meta.dirname, "..");
const NAMES = [
  "3DS abandoned",
  "3DS after the browser closed",
  "decline, then success",
  "two tabs",
  "webhook before and after return",
  "async payment fails late",
  "second trial",
  "trial end without card",
  "cancel in trial",
  "reactivate",
  "two upgrades in a period",
  "up and down in a day",
  "downgrade over limits",
  "month end, leap day",
  "zero invoice",
  "three failures, then paid",
  "partial refunds to the remainder",
  "refund of spent credits",
  "refund with dispute",
  "plan gone from the file",
  "customer deleted at the company",
  "order approved, never captured",
  "a genuine old PayPal signature on a changed body",
  "two secrets during a roll",
  "the same event on two endpoints at once",
  "an event for an object that was deleted",
  "a refund retried a day later",
  "the checkout's return racing the webhook",
  "the machine's clock off by ten minutes",
  "endpoint off for 72 hours",
];

/** The titles of all tests of the server. */
function titles(): string[] {
  const files = globSync(["server/**/*.test.ts", "test/*.test.ts"], { cwd: root });
  return files.flatMap((file) => {
    if (file.endsWith("scenarios.test.ts")) return [];
    const text = readFileSync(path.join(root, file), "utf8");
    return [...text.matchAll(/^\s*(?:test|it)(?:\.each\([\s\S]*?\]\))?\(\s*"([^"]*)"/gm)].map(
      ([, title]) => title ?? "",
    );
  });
}
const known = titles();

test.each(NAMES)("%s", (name) => {
  expect(known.filter((title) => title.includes(name))).not.toEqual([]);
});
