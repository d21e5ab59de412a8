import { randomInt } from "node:crypto";
import { choosePort } from "../../local/ports.ts";

/** Below the ports that systems give to outgoing connections. */
const FIRST = 20_000;
const PER_WORKER = 1_000;
const WORKERS = 10;

/**
 * A free port out of a range of this test worker's own: between looking and listening, neither a test beside it nor an
 * outgoing connection takes it.
 */
export function testPort(): Promise<number> {
  const worker = Number(process.env["VITEST_POOL_ID"] ?? 0) % WORKERS;
  return choosePort(FIRST + worker * PER_WORKER + randomInt(PER_WORKER / 2));
}
