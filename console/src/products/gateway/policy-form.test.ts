import { expect, test } from "vitest";
import { defaultsOf, policyOf, policyOfAll, shownList, summaryOf } from "./policy-form.ts";

const form = (values: Record<string, string>): FormData => {
  const data = new FormData();
  for (const [name, value] of Object.entries(values)) data.set(name, value);
  return data;
};

test("an empty form lays nothing down", () => {
  expect(policyOf(form({ sort: "", order: " ", allowed_models: "" }))).toEqual({
    routing: null,
    allowed_models: null,
    cache: null,
    memory: null,
    compression: null,
    memory_model: null,
    fold_retries: null,
  });
  expect(policyOfAll(form({ sort: "", order: " " }))).toEqual({
    routing: null,
    cache: null,
    memory: null,
    compression: null,
    fold_retries: false,
  });
});

test("an organization may turn off what the installation has", () => {
  const policy = policyOf(form({ cache: "off", memory: "off", compression: "off", fold_retries: "off" }));
  const off = { cache: false, memory: false, compression: false, fold_retries: false } as const;
  expect(policy).toMatchObject(off);
  expect(summaryOf({ ...off, routing: null, allowed_models: null, memory_model: null }, "Nothing")).toBe(
    "off: cache, memory, shortening",
  );
});

test("what is filled in is said, lists by comma, space or line", () => {
  const policy = policyOf(
    form({
      sort: "price",
      order: "openai, openrouter",
      only: "",
      max_prompt: "2.5",
      fallbacks: "no",
      collection: "deny",
      memory: "project",
      memory_model: " openai/gpt-4o-mini ",
      fold_retries: "on",
      allowed_models: "openai/gpt-4o\nopenai/gpt-4o-mini",
    }),
  );
  expect(policy).toEqual({
    routing: {
      sort: "price",
      order: ["openai", "openrouter"],
      max_price: { prompt: 2.5 },
      allow_fallbacks: false,
      data_collection: "deny",
    },
    allowed_models: ["openai/gpt-4o", "openai/gpt-4o-mini"],
    cache: null,
    memory: { scope: "project" },
    compression: null,
    memory_model: "openai/gpt-4o-mini",
    fold_retries: true,
  });
  expect(policyOf(form({ fallbacks: "yes", collection: "allow" })).routing).toEqual({
    allow_fallbacks: true,
    data_collection: "allow",
  });
  expect(shownList(policy.routing?.order)).toBe("openai, openrouter");
});

test("a key lays down what is filled in, and may turn off what its organization has on", () => {
  expect(defaultsOf(form({ sort: "", cache: "" }))).toEqual({});
  expect(defaultsOf(form({ only: "openai", cache: "off" }))).toEqual({
    routing: { only: ["openai"] },
    cache: false,
  });
  expect(defaultsOf(form({ memory: "off" }))).toEqual({ memory: false });
  expect(defaultsOf(form({ memory: "user" }))).toEqual({ memory: { scope: "user" } });
  expect(defaultsOf(form({ cache: "org", cache_minutes: "5" }))).toEqual({
    cache: { scope: "org", ttl_seconds: 300 },
  });
});

test("long prompts are shortened as the fields say, the defaults where they say nothing", () => {
  const filled = form({ compression: "on", trigger_percent: "60", target_percent: "40", keep_last: "" });
  const compression = { trigger_percent: 60, target_percent: 40, keep_last: 6 };
  expect(policyOf(filled).compression).toEqual(compression);
  expect(defaultsOf(filled)).toEqual({ compression });
  expect(defaultsOf(form({ compression: "off" }))).toEqual({ compression: false });
});

test("a policy is told in one line", () => {
  const none = { routing: null, cache: null, compression: null, memory: null, fold_retries: false };
  expect(summaryOf(none, "Nothing")).toBe("Nothing");
  expect(
    summaryOf(
      {
        routing: { sort: "price", only: ["openai"] },
        allowed_models: ["a/b"],
        cache: { scope: "org", ttl_seconds: 3_600 },
        compression: { trigger_percent: 85, target_percent: 70, keep_last: 6 },
        memory: { scope: "user" },
        memory_model: "openai/gpt-4o",
        fold_retries: true,
      },
      "Nothing",
    ),
  ).toBe(
    "The cheapest first · only openai · 1 models allowed · the same call is answered again for 60 min · people's memory is used · openai/gpt-4o learns for it · prompts above 85 % of the window are shortened · lost calls are not paid twice",
  );
});
