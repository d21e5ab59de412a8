/**
 * The least a gateway can do: passes a call on and its answer back, without keys, accounts or reading a byte. Run as
 * `node passthrough.ts <upstream base URL>`; prints its port.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Pool } from "undici";

const upstream = new URL(process.argv[2] ?? "");
const pool = new Pool(upstream.origin, { connections: 256, pipelining: 1, allowH2: false });

const server = createServer((request, response) => {
  const { authorization = "", "content-type": type = "application/json" } = request.headers;
  const path = `${upstream.pathname}${(request.url ?? "").replace(/^\/v1/, "")}`;
  pool
    .stream(
      { method: "POST", path, headers: { authorization, "content-type": type }, body: request },
      ({ statusCode, headers }) =>
        response.writeHead(statusCode, { "content-type": String(headers["content-type"]) }),
    )
    .catch(() => response.destroy());
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
