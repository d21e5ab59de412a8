/**
 * What the machine can do: durable transactions of four statements (begin, two inserts, commit), bare, on eight
 * connections. Webhook figures are told as multiples of it. Run as a process of its own: `node machine.ts <owner URL> <seconds>`; prints transactions a second.
 */
import pg from "pg";

const CONNECTIONS = 8;
const TABLES = ["one", "two"];
const INSERTS = TABLES.map((name) => ({
  name: `bench.${name}`,
  text: `insert into bench.${name} (id, org_id, amount, note) values ($1, $2, $3, $4)`,
}));

/** The tables, as plain as they come: a key, three values, nothing else. */
export async function prepareMachine(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  await client.query("create schema if not exists bench");
  for (const name of TABLES) {
    await client.query(
      `create table if not exists bench.${name} (id bigint primary key, org_id text, amount bigint, note text)`,
    );
    await client.query(`truncate bench.${name}`);
  }
  await client.end();
}

async function run(ownerUrl: string, seconds: number): Promise<number> {
  let id = 0;
  const lane = async (client: pg.Client, endsAt: number): Promise<number> => {
    for (let done = 0; ; done += 1) {
      if (performance.now() >= endsAt) return done;
      const values = [(id += 1), "org_bench", 1_000, "a transaction of four statements"];
      await client.query("begin");
      for (const insert of INSERTS) await client.query({ ...insert, values });
      await client.query("commit");
    }
  };
  const clients = Array.from({ length: CONNECTIONS }, () => new pg.Client({ connectionString: ownerUrl }));
  await Promise.all(clients.map((client) => client.connect()));
  await Promise.all(clients.map((client) => lane(client, performance.now() + 300)));
  const startedAt = performance.now();
  const done = await Promise.all(clients.map((client) => lane(client, startedAt + seconds * 1_000)));
  const perSecond = done.reduce((sum, n) => sum + n, 0) / ((performance.now() - startedAt) / 1_000);
  await Promise.all(clients.map((client) => client.end()));
  return perSecond;
}

if (import.meta.main) {
  const [ownerUrl = "", seconds = "2"] = process.argv.slice(2);
  await prepareMachine(ownerUrl);
  process.stdout.write(`${await run(ownerUrl, Number(seconds))}\n`);
}
