import type { ChatSettings } from "./parameters-panel.tsx";

export type SnippetKind = "curl" | "node" | "python";

/** A call with these settings that runs as it stands, given a key. */
export function snippet(kind: SnippetKind, origin: string, settings: ChatSettings): string {
  const { model, maxTokens, temperature, system } = settings;
  const messages = [
    ...(system.trim() ? [{ role: "system", content: system }] : []),
    { role: "user", content: "Hello!" },
  ];
  const options: [string, unknown][] = [
    ["model", model],
    ["messages", messages],
  ];
  if (maxTokens !== null) options.push(["max_tokens", maxTokens]);
  if (temperature !== null) options.push(["temperature", temperature]);
  if (kind === "curl") {
    const body = JSON.stringify(Object.fromEntries(options), null, 2).replaceAll("'", "'\\''");
    return [
      `curl ${origin}/v1/chat/completions \\`,
      `  -H "Authorization: Bearer $HOLDFAST_KEY" \\`,
      `  -H "Content-Type: application/json" \\`,
      `  -d '${body}'`,
    ].join("\n");
  }
  if (kind === "node") {
    const lines = options.map(([name, value]) => `  ${name}: ${JSON.stringify(value)},`);
    return [
      `import OpenAI from "openai";`,
      ``,
      `const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: process.env.HOLDFAST_KEY });`,
      `const stream = await client.chat.completions.create({`,
      ...lines,
      `  stream: true,`,
      `});`,
      `for await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta.content ?? "");`,
    ].join("\n");
  }
  const lines = options.map(([name, value]) => `    ${name}=${JSON.stringify(value)},`);
  return [
    `import os`,
    `from openai import OpenAI`,
    ``,
    `client = OpenAI(base_url="${origin}/v1", api_key=os.environ["HOLDFAST_KEY"])`,
    `stream = client.chat.completions.create(`,
    ...lines,
    `    stream=True,`,
    `)`,
    `for chunk in stream:`,
    `    print(chunk.choices[0].delta.content or "" if chunk.choices else "", end="")`,
  ].join("\n");
}
