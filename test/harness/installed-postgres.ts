/** PostgreSQL from the system's packages, run as an instance of our own: the older server that production may have. */
import { spawn, spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { choosePort } from "../../local/ports.ts";

const debianHome = "/usr/lib/postgresql";

/** The `bin` folder of that major version, or null where it is not installed. */
export function installedPostgres(major: number): string | null {
  const bin = path.join(debianHome, String(major), "bin");
  return existsSync(debianHome) && readdirSync(debianHome).includes(String(major)) && existsSync(bin)
    ? bin
    : null;
}

/** Starts a throw-away instance (as user `postgres` when we are root). */
export async function startInstalledPostgres(
  bin: string,
): Promise<{ adminUrl: string; stop(): Promise<void> }> {
  const runner = process.getuid?.() === 0 ? systemUser("postgres") : null;
  const home = mkdtempSync(path.join(tmpdir(), "holdfast-installed-"));
  const passwordFile = path.join(home, "password");
  writeFileSync(passwordFile, "test", { mode: 0o600 });
  if (runner) for (const file of [home, passwordFile]) chownSync(file, runner.uid, runner.gid);
  const data = path.join(home, "data");
  const made = spawnSync(
    path.join(bin, "initdb"),
    [
      "-D",
      data,
      "-U",
      "owner",
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "-E",
      "UTF8",
      "--locale=C.UTF-8",
      "-N",
    ],
    { ...runner, cwd: home, encoding: "utf8" },
  );
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const port = await choosePort();
  const settings = ["fsync=off", "listen_addresses=127.0.0.1", "unix_socket_directories=", `port=${port}`];
  const child = spawn(
    path.join(bin, "postgres"),
    ["-D", data, ...settings.flatMap((setting) => ["-c", setting])],
    {
      ...runner,
      cwd: home,
      stdio: "ignore",
    },
  );
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const pidFile = path.join(data, "postmaster.pid");
  for (let tries = 0; !(existsSync(pidFile) && /^ready/m.test(readFileSync(pidFile, "utf8"))); tries += 1) {
    if (child.exitCode !== null || tries > 1000) throw new Error("the installed postgres did not start");
    await delay(10);
  }
  return {
    adminUrl: `postgres://owner:test@127.0.0.1:${port}/postgres`,
    stop: async () => {
      child.kill("SIGINT");
      await ended;
      await rm(home, { recursive: true });
    },
  };
}

function systemUser(name: string): { uid: number; gid: number } {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (uid === undefined || gid === undefined) throw new Error(`no user ${name} on this machine`);
  return { uid: Number(uid), gid: Number(gid) };
}
