import { afterEach, expect, test, vi } from "vitest";
import { models } from "./environment.ts";

const of = (name: string) => ({ api_key: `${name}-key`, base_url: `http://127.0.0.1:1/${name}` });
const credentials = {
  openrouter: of("openrouter"),
  openai: of("openai"),
  anthropic: of("anthropic"),
  glama: of("glama"),
  requesty: of("requesty"),
};
const KEYS = [
  "OPENROUTER_API_KEY",
  "OPENAI_API_KEY",
  "ANTHROPIC_API_KEY",
  "GLAMA_API_KEY",
  "REQUESTY_API_KEY",
];
const keysOf = (environment: Record<string, string>) =>
  Object.keys(environment).filter((name) => name.endsWith("_API_KEY"));
const bring = (own: Record<string, string>) => {
  for (const name of KEYS) vi.stubEnv(name, own[name] ?? "");
};
afterEach(() => vi.unstubAllEnvs());

test("without a key of one's own the sandbox plays every model company", () => {
  bring({});
  expect(keysOf(models(credentials))).toEqual(KEYS);
  expect(models(credentials)).toMatchObject({
    OPENAI_API_KEY: "openai-key",
    OPENAI_BASE_URL: "http://127.0.0.1:1/openai",
  });
});

test("with one, calls never go to a player beside real models", () => {
  bring({ OPENROUTER_API_KEY: "mine" });
  expect(models(credentials)).toEqual({});
  bring({ OPENAI_API_KEY: "mine" });
  expect(keysOf(models(credentials))).toEqual(["OPENROUTER_API_KEY"]);
});
