/**
 * The least that takes an event durably: the signature verified, one INSERT that commits before the answer, nothing else.
 * A process of its own: `node bare.ts <owner URL> <webhook secret>` prints its port.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

const [ownerUrl = "", secret = ""] = process.argv.slice(2);
/** One for each sender, so that no event waits for another's. */
const CONNECTIONS = 16;
const TOLERANCE_S = 300;

const pool = new pg.Pool({ connectionString: ownerUrl, max: CONNECTIONS });
await pool.query("create schema if not exists bench");
await pool.query("drop table if exists bench.events");
await pool.query("create table bench.events (id text primary key, received_at timestamptz, body bytea)");
const insert = {
  name: "insert",
  text: "insert into bench.events (id, received_at, body) values ($1, $2, $3) on conflict do nothing",
};

async function read(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

function genuine(body: Buffer, header: string): boolean {
  const [, at = "", signature = ""] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (Math.abs(Date.now() / 1000 - Number(at)) > TOLERANCE_S) return false;
  const made = createHmac("sha256", secret).update(`${at}.`).update(body).digest();
  return timingSafeEqual(made, Buffer.from(signature, "hex"));
}

async function take(request: IncomingMessage): Promise<number> {
  const body = await read(request);
  if (!genuine(body, String(request.headers["stripe-signature"]))) return 400;
  const { id } = JSON.parse(body.toString()) as { id: string };
  await pool.query({ ...insert, values: [id, new Date(), body] });
  return 200;
}

const server = createServer((request, response) => {
  take(request).then(
    (status) => response.writeHead(status, { "content-type": "application/json" }).end('{"received":true}'),
    () => response.writeHead(500).end(),
  );
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
