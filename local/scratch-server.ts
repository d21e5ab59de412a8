/** A database server for the length of a test run or a generator: nothing in it is meant to last. */
import { chmodSync, mkdtempSync, statfsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "./postgres.ts";

export type ScratchServer = { adminUrl: string; stop(): Promise<void> };

/** That of TEST_DATABASE_URL (an owner who may create databases and roles), else an embedded one without fsync. */
export async function startScratchServer(): Promise<ScratchServer> {
  const outside = process.env["TEST_DATABASE_URL"];
  if (outside) return { adminUrl: outside, stop: async () => undefined };
  const dataDir = mkdtempSync(path.join(scratchDir(), "holdfast-scratch-"));
  chmodSync(dataDir, 0o711); // as root, postgres runs as another user who must get through
  const postgres = await startPostgres({ dataDir, fsync: false });
  return {
    adminUrl: postgres.ownerUrl,
    stop: async () => {
      await postgres.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

const MEMORY_DIR = "/dev/shm";
/** Type of a file system in memory, as Linux counts them. */
const TMPFS = 0x0102_1994;
/** As much as a run of all tests takes, and as much again. */
const ROOM_BYTES = 4 * 1024 ** 3;

/** In memory where there is room: a database for each test file is thousands of files made and deleted. */
function scratchDir(): string {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY_DIR);
    if (type === TMPFS && bavail * bsize >= ROOM_BYTES) return MEMORY_DIR;
  } catch {
    // Not on every system.
  }
  return tmpdir();
}
