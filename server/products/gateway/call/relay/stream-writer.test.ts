import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { StreamWriter } from "./stream-writer.ts";

const PIECE = Buffer.alloc(64 * 1024, "x");
const MOST_PIECES = 1_000;
const STILL_TURNS = 500;

test("a caller who does not read pauses the provider; what was written comes in the end, whole", async () => {
  const served = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => served.resolve(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const answered = Promise.withResolvers<IncomingMessage>();
  get({ port: (server.address() as AddressInfo).port }, answered.resolve);

  const raw = await served.promise;
  let pieces = 0;
  let buffered = 0;
  const all = Promise.withResolvers<void>();
  const produce = () => {
    if (writer.blocked) return;
    if (pieces === MOST_PIECES) return all.resolve();
    pieces += 1;
    writer.write(PIECE);
    setImmediate(produce);
  };
  const writer = new StreamWriter(raw, {
    open: () => {},
    pause: () => (buffered = Math.max(buffered, raw.writableLength)),
    resume: produce,
  });
  produce();
  const answer = await answered.promise;
  // The sockets in between take some megabytes; then nothing moves any more.
  for (let turns = 0, before = -1; turns < STILL_TURNS; turns += 1) {
    if (pieces !== before) turns = 0;
    before = pieces;
    await new Promise(setImmediate);
  }
  expect(writer.blocked).toBe(true);
  expect(pieces).toBeLessThan(MOST_PIECES);

  let bytes = 0;
  answer.on("data", (piece: Buffer) => (bytes += piece.length));
  const ended = new Promise((resolve) => answer.once("end", resolve));
  await all.promise;
  writer.end();
  await ended;
  expect(bytes).toBe(MOST_PIECES * PIECE.length);
  expect(buffered).toBeLessThanOrEqual(1024 * 1024);
  server.close();
});

test("what is written in one turn goes out as one piece, nothing after the caller has gone", async () => {
  const served = Promise.withResolvers<ServerResponse>();
  const server = createServer((_request, response) => served.resolve(response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const request = get({ port: (server.address() as AddressInfo).port });
  request.on("error", () => {});
  const raw = await served.promise;
  const writes: number[] = [];
  const write = raw.write.bind(raw);
  raw.write = ((bytes: Buffer) => {
    writes.push(bytes.length);
    return write(bytes);
  }) as typeof raw.write;
  const writer = new StreamWriter(raw, { open() {}, pause() {}, resume() {} });
  for (const text of ["a", "b", "c"]) writer.write(Buffer.from(text));
  await new Promise(setImmediate);
  expect(writes).toEqual([3]);
  const closed = new Promise((resolve) => raw.once("close", resolve));
  request.destroy();
  await closed;
  writer.write(Buffer.from("d"));
  writer.end();
  expect(writes).toEqual([3]);
  server.close();
});
