/** The database of a local run: embedded, or the outside server that DATABASE_URL names; migrated in any case. */
import { migrate } from "../db/migrate.ts";
import { appRole } from "../db/roles.ts";
import type { Guard } from "./guard.ts";
import { startPostgres, type Postgres } from "./postgres.ts";
import type { Secrets } from "./secrets.ts";

export type Database = {
  /** Signs in as the role that the servers use. */
  appUrl: string;
  /** Where it is, for people. */
  description: string;
  stop(): Promise<void>;
};

type Options = {
  dataDir: string;
  secrets: Secrets;
  guard: Guard;
  started: (pid: number) => void;
  restarting: (how: string) => void;
  lost: (how: string) => void;
};

export async function openDatabase(options: Options): Promise<Database> {
  const outside = process.env["DATABASE_URL"];
  return outside ? useOutside(outside, options.secrets) : startEmbedded(options);
}

/** A DATABASE_URL of some other role than the servers' is taken as the owner's. */
async function useOutside(url: string, secrets: Secrets): Promise<Database> {
  const description = `${new URL(url).host}, from DATABASE_URL`;
  const isApp = new URL(url).username === appRole;
  const ownerUrl = process.env["DATABASE_OWNER_URL"] ?? (isApp ? undefined : url);
  const appUrl = isApp ? url : asApp(url, secrets("database_app"));
  const appPassword = decodeURIComponent(new URL(appUrl).password);
  // Without an owner's address the schema is somebody else's to bring up to date; the server checks that it is.
  if (ownerUrl) await migrate({ ownerUrl, appPassword });
  return { appUrl, description, stop: async () => undefined };
}

async function startEmbedded({
  dataDir,
  secrets,
  guard,
  started,
  restarting,
  lost,
}: Options): Promise<Database> {
  let stopping = false;
  let postgres: Postgres;
  const start = async (port?: number): Promise<void> => {
    postgres = await startPostgres({ dataDir, guard, ...(port === undefined ? {} : { port }) });
    started(postgres.pid);
    void postgres.ended.then(() => {
      if (stopping) return;
      restarting("it ended");
      // The servers know it by its port: a new one would cut them off for good.
      start(postgres.port).catch((error: Error) => lost(error.message));
    });
  };
  await start();
  const { ownerUrl, port } = postgres!;
  const appPassword = secrets("database_app");
  await migrate({ ownerUrl, appPassword });
  return {
    appUrl: asApp(ownerUrl, appPassword),
    description: `127.0.0.1:${port}, PostgreSQL of our own`,
    stop: async () => {
      stopping = true;
      await postgres.stop();
    },
  };
}

function asApp(ownerUrl: string, password: string): string {
  const url = new URL(ownerUrl);
  url.username = appRole;
  url.password = password;
  return url.href;
}
