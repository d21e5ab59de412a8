import { spawn } from "node:child_process";
import type { Demo } from "./demo.ts";

type Facts = {
  baseUrl: string;
  sandboxUrl: string;
  mailboxUrl: string;
  database: string;
  demo: Demo | null;
  setupToken: string;
  seconds: number;
};

/** Says where everything is, in one screenful. */
export function printPage({
  baseUrl,
  sandboxUrl,
  mailboxUrl,
  database,
  demo,
  setupToken,
  seconds,
}: Facts): void {
  const rows: [string, string][] = [["Console", baseUrl]];
  if (demo) {
    if (demo.signInUrl) rows.push(["Sign in", `${demo.signInUrl}  (one click, once)`]);
    rows.push([demo.signInUrl ? "or with" : "Sign in", `${demo.email}  ${demo.password}`]);
    if (demo.apiKey) rows.push(["API key", demo.apiKey]);
    if (demo.fault) rows.push(["Demo", `not complete: ${demo.fault}`]);
  } else {
    rows.push(["Set up", `POST ${baseUrl}/api/admin/setup with token ${setupToken}`]);
  }
  rows.push(
    ["API", `${baseUrl}/v1 (OpenAI-shaped), ${baseUrl}/api/docs`],
    ["Sandbox", `${sandboxUrl}  (every outside company, on this machine)`],
    ["Mailbox", `${mailboxUrl}  (what Holdfast mails to anybody)`],
    ["Database", database],
  );
  const lines = rows.map(([name, fact]) => `  ${name.padEnd(10)}${fact}`);
  process.stdout.write(`\nHoldfast is up (${seconds.toFixed(1)} s)\n\n${lines.join("\n")}\n\n`);
  if (demo?.apiKey) process.stdout.write(`${tryIt(baseUrl, demo.apiKey)}\n\n`);
  process.stdout.write("  Ctrl-C stops everything. The data stays in .data/ (npm run reset wipes it).\n\n");
}

function tryIt(baseUrl: string, apiKey: string): string {
  return [
    `  curl ${baseUrl}/v1/chat/completions -H 'Authorization: Bearer ${apiKey}' \\`,
    `    -H 'Content-Type: application/json' \\`,
    `    -d '{"model": "openai/gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}'`,
  ].join("\n");
}

/** On an interactive terminal, unless OPEN=0. A machine without a browser is no fault: the address stands on the page. */
export function openBrowser(url: string): void {
  if (!process.stdout.isTTY || process.env["OPEN"] === "0" || process.env["CI"]) return;
  const program = process.platform === "darwin" ? "open" : "xdg-open";
  const child = spawn(program, [url], { stdio: "ignore", detached: true });
  child.once("error", () => process.stdout.write("  (no browser could be opened)\n"));
  child.unref();
}
