import { expect, test } from "vitest";
import type { Candidate } from "../models/catalogue.ts";
import { withOwn, type Own } from "./offers.ts";
import type { OwnKey } from "./own-key.ts";

const candidate = (id: string): Candidate => ({ provider: { id }, ownKey: null }) as unknown as Candidate;
const all = [candidate("openai"), candidate("openrouter")];
const key = (change: Partial<OwnKey> = {}): OwnKey =>
  ({
    id: "pvk_1",
    provider: "openai",
    use: "prefer",
    fallback_to_platform: false,
    state: "ok",
    ...change,
  }) as OwnKey;
const own = (...keys: OwnKey[]): Own => ({
  keys,
  offer: (each, { id }) => ({ ...each, ownKey: id }),
});
const who = (candidates: readonly Candidate[]) =>
  candidates.map(({ provider, ownKey }) => `${provider.id}${ownKey ? " own" : ""}`);

test.each([
  ["without keys nothing is another", [], ["openai", "openrouter"]],
  ["a preferred key stands before the others", [key()], ["openai own", "openrouter"]],
  [
    "its provider falls back where that is wished",
    [key({ fallback_to_platform: true })],
    ["openai own", "openai", "openrouter"],
  ],
  ["a key that is meant for all leaves nobody else", [key({ use: "only" })], ["openai own"]],
  ["but for its fallback", [key({ use: "only", fallback_to_platform: true })], ["openai own", "openai"]],
  ["a failing key is not asked by", [key({ state: "failing" })], ["openrouter"]],
  ["nor does it let others in", [key({ state: "failing", use: "only" })], []],
  ["a key elsewhere changes nothing", [key({ provider: "glama", use: "only" })], ["openai", "openrouter"]],
] as [string, OwnKey[], string[]][])("%s", (_, keys, expected) => {
  expect(who(withOwn(all, own(...keys)))).toEqual(expected);
});
