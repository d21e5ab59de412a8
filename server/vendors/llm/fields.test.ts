import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { OPENAI_FIELDS } from "./fields.ts";

type Schema = { $ref?: string; properties?: Record<string, unknown>; allOf?: Schema[] };
const file = path.join(process.env["SPECS_DIR"] ?? "", "openai/openai.chat.trimmed.json");

test.skipIf(!existsSync(file))("OpenAI's fields are those of its own description", () => {
  const { components } = JSON.parse(readFileSync(file, "utf8")) as {
    components: { schemas: Record<string, Schema> };
  };
  const namesIn = ({ $ref, properties = {}, allOf = [] }: Schema): string[] => [
    ...($ref ? namesIn(components.schemas[$ref.split("/").at(-1) ?? ""] ?? {}) : []),
    ...Object.keys(properties),
    ...allOf.flatMap(namesIn),
  ];
  const names = new Set(namesIn(components.schemas["CreateChatCompletionRequest"] ?? {}));
  expect([...OPENAI_FIELDS]).toEqual([...names].toSorted());
});
