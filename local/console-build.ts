/** Builds the console when its sources changed since the last build. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { root } from "./project.ts";

const consoleDir = path.join(root, "console");
const builtFrom = path.join(consoleDir, "dist", ".built-from");
/** Folders whose every file goes into the build. */
const sourceDirs = ["console", "contract"];
const notSources = new Set(["node_modules", "dist"]);

/** Resolves when `console/dist` is what the sources say; `built` tells whether that took a build. */
export async function buildConsole(): Promise<{ built: boolean }> {
  const hash = hashSources();
  if (existsSync(builtFrom) && readFileSync(builtFrom, "utf8") === hash) return { built: false };
  const vite = path.join(root, "node_modules", "vite", "bin", "vite.js");
  const child = spawn(process.execPath, [vite, "build", "--logLevel", "warn"], {
    cwd: consoleDir,
    env: { ...process.env, NODE_ENV: "production" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`the console could not be built:\n${output}`);
  writeFileSync(builtFrom, hash); // last: a build cut short is begun anew
  return { built: true };
}

function hashSources(): string {
  const hash = createHash("sha256");
  const add = (file: string) =>
    hash.update(path.relative(root, file)).update("\0").update(readFileSync(file)).update("\0");
  add(path.join(root, "package-lock.json"));
  for (const dir of sourceDirs) for (const file of filesBelow(path.join(root, dir))) add(file);
  return hash.digest("hex");
}

function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { withFileTypes: true })
    .filter((entry) => !notSources.has(entry.name))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(dir, entry.name);
      return entry.isDirectory() ? filesBelow(file) : entry.isFile() ? [file] : [];
    });
}
