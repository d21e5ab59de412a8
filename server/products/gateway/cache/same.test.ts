import { expect, test } from "vitest";
import { sameness } from "./same.ts";

const of = { org: "org_1", mode: "test", who: "org", model: "a/b", routing: null };
const body = { model: "a/b", messages: [{ role: "user", content: "x" }], temperature: 0, stream: false };
const chat = {
  endpoint: "chat/completions",
  body,
  stream: false,
  wantsUsage: false,
  maxTokens: null,
} as const;
const hash = (change: object = {}, owner: object = {}) =>
  sameness({ ...of, ...owner }, { ...chat, body: { ...body, ...change } }).toString("hex");

test("the order of fields and our own options make no other call", () => {
  const { stream, temperature, messages } = body;
  const turned = { stream, temperature, messages: [{ content: "x", role: "user" }], model: "alias" };
  expect(sameness(of, { ...chat, body: turned }).toString("hex")).toBe(hash({ messages }));
  expect(hash({ holdfast: { cache: true } })).toBe(hash());
});

test("another door, or another thing to repeat, is another call", () => {
  const others = [
    { endpoint: "messages" },
    { echo: { instructions: "x" } },
    { wantsUsage: true },
    { resendsThoughts: true },
  ] as const;
  for (const other of others) expect(sameness(of, { ...chat, ...other }).toString("hex")).not.toBe(hash());
});

test.each([
  [{ temperature: 1 }, {}],
  [{ stream: true }, {}],
  [{ messages: [{ role: "user", content: "y" }] }, {}],
  [{}, { org: "org_2" }],
  [{}, { mode: "live" }],
  [{}, { who: "usr_1" }],
  [{}, { model: "a/c" }],
  [{}, { routing: { only: ["openai"] } }],
])("another %j, or of another %j, is another call", (change, owner) => {
  expect(hash(change, owner)).not.toBe(hash());
});
