import { expect, test } from "vitest";
import type { ProviderKind } from "../../../vendors/llm/index.ts";
import type { Candidate } from "../models/catalogue.ts";
import type { Chat } from "./chat.ts";
import { leftForThoughts, losesThoughts, withoutThoughts } from "./thoughts.ts";

const details = { reasoning: "Hm", reasoning_details: [{ type: "reasoning.text", text: "Hm" }] };
const said = (rest: object) => ({ role: "assistant", content: "Hello", ...rest });
const at = (kind: ProviderKind) => ({ provider: { kind } }) as Candidate;

test.each([
  ["openai", details, ["reasoning", "reasoning_details"], ["reasoning_details"]],
  ["openai", { reasoning: "Hm" }, ["reasoning"], ["reasoning"]],
  ["openai", { reasoning_content: "Hm" }, ["reasoning_content"], ["reasoning_content"]],
  ["openai", { reasoning: null }, ["reasoning"], []],
  ["openai", {}, [], []],
  ["glama", details, ["reasoning", "reasoning_details"], ["reasoning_details"]],
  ["glama", { reasoning: "Hm" }, [], []],
  ["requesty", { reasoning_content: "Hm" }, [], []],
  ["compatible", { reasoning_content: "Hm" }, [], []],
  ["openrouter", details, [], []],
  ["openrouter", { reasoning: "Hm" }, [], []],
] as const)("toward %s, of %j goes %j and is named %j", (kind, rest, gone, named) => {
  const messages = [{ role: "user", content: "Hi" }, said(rest), said(rest)];
  const chat = { task: "chat", body: { messages } } as unknown as Chat;
  expect(losesThoughts(chat, at(kind))).toBe(gone.length > 0);
  const [first, second] = withoutThoughts(messages, at(kind)) as object[];
  expect(first).toBe(messages[0]);
  const kept = Object.entries(rest).filter(([name]) => !(gone as readonly string[]).includes(name));
  expect(second).toEqual(said(Object.fromEntries(kept)));
  expect(leftForThoughts(chat, at(kind), 100)).toEqual(named);
});
