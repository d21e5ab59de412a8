import { describe, expect, it } from "vitest";
import { cpuMs } from "../../../test/harness/cpu-ms.ts";
import { answer } from "./answer.ts";
import { fillSchema } from "./answer-json.ts";
import { readChat, type Chat } from "../request.ts";

function chat(prompt: string, rest: Record<string, unknown> = {}): Chat {
  const body = { model: "openai/gpt-4o", messages: [{ role: "user", content: prompt }], ...rest };
  const read = readChat(Buffer.from(JSON.stringify(body)));
  if ("refusal" in read) throw new Error(read.refusal.message);
  return read;
}
const say = (prompt: string, rest: Record<string, unknown> = {}): string => {
  const said = answer("seed", chat(prompt, rest));
  return "text" in said ? said.text : `tool ${said.tool.name} ${said.tool.args}`;
};

describe("answers", () => {
  it.each([
    ['Reply with "blue whale"', "blue whale"],
    ["Answer with only: forty", "forty"],
    ["What is 12 * 7?", "12 * 7 = 84"],
    ["Divide 4 / 0 please", "Division by zero has no result."],
    ["What is the sentiment? I love this, it works great.", "positive"],
    ["Classify as one of: refund, praise, question. I want my refund now.", "refund"],
    ["Tidy this statement: the parcel was late\nnobody   answered", "The parcel was late. Nobody answered."],
  ])("%s → %s", (prompt, wanted) => {
    expect(say(prompt)).toBe(wanted);
  });

  it("summarise with sentences of the text, shorter than it", () => {
    const text =
      "Sales rose in May. Sales of boats rose most. The weather was fine. Boats were sold to clubs.";
    const summary = say(`Summarise this:\n\n${text}`);
    expect(summary).toContain("Sales of boats rose most.");
    expect(summary.length).toBeLessThan(text.length);
  });

  it("draft a reply to the person named, adding no facts", () => {
    const draft = say("Draft a reply to Ms Miller: Your order 5 was late. We refund 10 dollars.");
    expect(draft).toMatch(/^Hello Miller,/);
    expect(draft).toContain("- Your order 5 was late.");
  });

  it("look a question up in what was said before, and say so when nothing fits", () => {
    const messages = [
      { role: "system", content: "The harbour opens at six. The ferry to Bergen costs 40 crowns." },
      { role: "user", content: "How much does the ferry to Bergen cost?" },
    ];
    expect(say("", { messages })).toContain("The ferry to Bergen costs 40 crowns.");
    expect(say("Who painted the Mona Lisa?")).toContain("know only what the prompt says");
  });

  it("differ by seed or model in wording only, never between two calls", () => {
    const one = chat("Hello");
    expect(answer("seed", one)).toEqual(answer("seed", one));
    const worded = new Set(["a", "b", "c", "d", "e"].map((seed) => JSON.stringify(answer(seed, one))));
    expect(worded.size).toBeGreaterThan(1);
  });

  it("call no tool when told none, and none that has nothing to do with the request", () => {
    const tools = [{ type: "function", function: { name: "get_weather", description: "Weather of a city" } }];
    expect(say("Weather in Oslo?", { tools })).toMatch(/^tool get_weather/);
    expect(say("Weather in Oslo?", { tools, tool_choice: "none" })).not.toMatch(/^tool/);
    expect(say("Tell me about boats", { tools })).not.toMatch(/^tool/);
  });
});

describe("schemas", () => {
  it("follow references, unions, constants, bounds and formats", () => {
    const schema = {
      type: "object",
      $defs: {
        score: { oneOf: [{ type: "number", maximum: 5 }] },
        person: { type: "object", properties: { mail: { type: "string", format: "email" } } },
      },
      properties: {
        who: { $ref: "#/$defs/person" },
        score: { $ref: "#/$defs/score" },
        note: { anyOf: [{ type: "null" }, { type: "string", maxLength: 4 }] },
        kind: { const: "fixed" },
        open: { type: "boolean" },
        days: { type: "array", items: { type: "integer" }, minItems: 2, maxItems: 2 },
      },
    };
    expect(fillSchema(schema, "mail ann@example.org, score: 9, open: no, note: abcdef, days: 3, 4")).toEqual({
      who: { mail: "ann@example.org" },
      score: 5,
      note: "abcd",
      kind: "fixed",
      open: false,
      days: [3, 4],
    });
  });

  it("end, however deep or wide", () => {
    const tree = { type: "object", properties: { next: { $ref: "#" }, other: { $ref: "#" } } };
    expect(JSON.stringify(fillSchema(tree, "x")).length).toBeLessThan(10_000);
    const loop = { $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }] } }, $ref: "#/$defs/a" };
    expect(fillSchema(loop, "x")).toBeDefined();
  });
});

describe("hostile prompts", () => {
  const hostile = [
    "or ",
    "as ",
    "a,",
    "one of: a or ",
    "\n",
    "\n \n",
    " ",
    '"',
    "'",
    "1-",
    ": ",
    "a.",
    "key ",
    "is:",
    "@",
    "-",
  ];
  const asks = [
    "",
    "Summarise: ",
    "Classify as one of: ",
    "Draft a reply: ",
    "Reply with ",
    "JSON with keys ",
    "List: ",
  ];

  it.each(hostile)("of %j over and over are answered in 300 ms of processor time each", (part) => {
    for (const ask of asks) {
      const request = chat(ask + part.repeat(16_000), { response_format: { type: "json_object" } });
      const ms = cpuMs(() => expect(answer("seed", request)).toHaveProperty("text"));
      expect(ms).toBeLessThan(300);
    }
  });
});
