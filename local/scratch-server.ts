/** A database server for the length of a test run or a generator: nothing in it is meant to last. */
import { chmodSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "./postgres.ts";

export type ScratchServer = { adminUrl: string; stop(): Promise<void> };

/** That of TEST_DATABASE_URL (an owner who may create databases and roles), else an embedded one without fsync. */
export async function startScratchServer(): Promise<ScratchServer> {
  const outside = process.env["TEST_DATABASE_URL"];
  if (outside) return { adminUrl: outside, stop: async () => undefined };
  const dataDir = mkdtempSync(path.join(tmpdir(), "holdfast-scratch-"));
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
