/** Plain HTTP and TLS on one port, told apart by the first byte. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/** The first byte of a TLS handshake. */
const HANDSHAKE = 0x16;
/** A connection that says nothing for so long is closed. */
const SILENCE_MS = 60_000;

/**
 * Lets `server` take both from now on; `identity` is what it shows to those who come by TLS. What comes back drops every
 * connection, as the server itself does not know those that have said nothing yet.
 */
export function takeBoth(server: Server, identity: { key: string; cert: string }): () => void {
  const [serve] = server.listeners("connection") as ((socket: Socket) => void)[];
  if (serve === undefined) throw new Error("not an HTTP server");
  server.removeAllListeners("connection");
  const secure = createTlsServer(identity, (socket) => serve.call(server, socket));
  secure.on("tlsClientError", (_cause, socket) => socket.destroy());
  const open = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    const drop = (): void => void socket.destroy();
    socket.setTimeout(SILENCE_MS, drop);
    socket.on("error", drop);
    socket.once("data", (first: Buffer) => {
      socket.off("timeout", drop);
      socket.off("error", drop);
      socket.setTimeout(0);
      socket.pause();
      if (first[0] === HANDSHAKE) secure.emit("connection", socket);
      else serve.call(server, socket);
      socket.unshift(first);
      process.nextTick(() => socket.resume());
    });
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}
