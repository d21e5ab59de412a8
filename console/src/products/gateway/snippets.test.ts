import { expect, it } from "vitest";
import { snippet } from "./snippets.ts";

const settings = { model: "openai/gpt-4o-mini", maxTokens: 64, temperature: null, system: "Don't shout" };

it("quotes a curl body so that a shell passes it on unchanged", () => {
  const text = snippet("curl", "http://127.0.0.1:3000", settings);
  const body = /-d '([\s\S]*)'$/.exec(text)?.[1]?.replaceAll("'\\''", "'") ?? "";
  expect(JSON.parse(body)).toEqual({
    model: "openai/gpt-4o-mini",
    messages: [
      { role: "system", content: "Don't shout" },
      { role: "user", content: "Hello!" },
    ],
    max_tokens: 64,
  });
});

it("names the base URL and only the options that were set", () => {
  for (const kind of ["node", "python"] as const) {
    const text = snippet(kind, "https://pay.example", settings);
    expect(text).toContain("https://pay.example/v1");
    expect(text).toContain("max_tokens");
    expect(text).not.toContain("temperature");
  }
});
