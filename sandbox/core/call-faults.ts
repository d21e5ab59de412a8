import { TLSSocket } from "node:tls";
import type { Company, Exchange, Fault } from "./company.ts";
import type { Tap } from "./tap.ts";

/** How long a call with the `timeout` or `stall` fault is held open unless told, in milliseconds. */
const HOLD_MS = 120_000;
const DEFAULT_DELAY_MS = 2_000;

const number = (fault: Fault, name: string, otherwise: number): number => {
  const value = fault.params[name];
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : otherwise;
};

/** Resolves after `ms` of real time, or when the client has gone. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const finish = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const timer = setTimeout(finish, ms);
    signal.addEventListener("abort", finish);
  });
}

/** Acts out the faults that hit a call, around the company's own handling of it. */
export async function handleWithFaults(
  company: Company,
  exchange: Exchange,
  faults: Fault[],
  tap: Tap,
): Promise<void> {
  const own = faults.find((fault) => company.faults?.includes(fault.fault) === true) ?? null;
  exchange.fault = own;
  for (const fault of faults) {
    if (fault !== own && fault.fault === "delay") {
      await wait(number(fault, "ms", DEFAULT_DELAY_MS), exchange.signal);
    }
  }
  const fault = faults.find((candidate) => candidate !== own && candidate.fault !== "delay");
  if (fault === undefined) return company.handle(exchange);
  switch (fault.fault) {
    case "slow_stream":
    case "cut_stream":
    case "stall":
      return shapeStream(company, exchange, fault, tap);
    case "corrupt":
    case "truncate":
    case "wrong_type":
      return spoilAnswer(company, exchange, fault, tap);
    default:
      return failCall(company, exchange, fault, tap);
  }
}

async function failCall(company: Company, exchange: Exchange, fault: Fault, tap: Tap): Promise<void> {
  const { res, signal, world } = exchange;
  tap.hold();
  if (fault.effect === "done") await company.handle(exchange);
  tap.release();
  await new Promise<void>((resolve) => world.store.afterCommit(resolve));
  switch (fault.fault) {
    case "timeout":
      await wait(number(fault, "ms", HOLD_MS), signal);
      res.destroy();
      return;
    case "reset":
      // Below TLS there is no handle that can be reset.
      if (res.socket instanceof TLSSocket) res.socket.destroy();
      else res.socket?.resetAndDestroy();
      return;
    case "rate_limit":
      if (fault.params["retry_after"] !== undefined) {
        res.setHeader("retry-after", String(number(fault, "retry_after", 1)));
      }
      return company.error(res, 429, "rate_limit");
    default:
      return company.error(res, number(fault, "status", 500), "fault");
  }
}

async function spoilAnswer(company: Company, exchange: Exchange, fault: Fault, tap: Tap): Promise<void> {
  const { world } = exchange;
  tap.hold();
  if (fault.effect === "done") await company.handle(exchange);
  const { status, headers, body } = tap.answer();
  tap.release();
  if (fault.effect === "none") return tap.send({ status: 200, headers: {}, body: Buffer.from("{") });
  if (fault.fault === "wrong_type") {
    const type = fault.params["content_type"];
    headers["content-type"] = typeof type === "string" ? type : "text/html; charset=utf-8";
    return tap.send({ status, headers, body });
  }
  if (fault.fault === "truncate") {
    const bytes = number(fault, "bytes", Math.floor(body.length / 2));
    return tap.send({ status, headers, body: body.subarray(0, bytes) });
  }
  const at = world.random(`corrupt:${fault.id}`).int(Math.max(body.length, 1));
  const spoilt = Buffer.from(body);
  if (spoilt.length > 0) spoilt[at] = 0x01; // A control character is legal nowhere in JSON.
  return tap.send({ status, headers, body: spoilt });
}

async function shapeStream(company: Company, exchange: Exchange, fault: Fault, tap: Tap): Promise<void> {
  const { res, signal } = exchange;
  if (fault.fault === "slow_stream") {
    tap.hold();
    await company.handle(exchange);
    const { status, headers, body } = tap.answer();
    tap.release();
    return sendSlowly(exchange, { status, headers, body }, number(fault, "bytes_per_second", 100));
  }
  const after = number(fault, "after", 3);
  let seen = 0;
  tap.filter((chunk, last) => {
    if (seen++ < after && !last) return chunk;
    if (fault.fault === "cut_stream") setImmediate(() => res.destroy());
    return null;
  });
  await company.handle(exchange);
  if (fault.fault === "stall") await wait(number(fault, "ms", HOLD_MS), signal);
  res.destroy();
}

async function sendSlowly(
  { res, signal }: Exchange,
  answer: { status: number; headers: Record<string, string>; body: Buffer },
  bytesPerSecond: number,
): Promise<void> {
  const { "content-length": _length, "transfer-encoding": _encoding, ...headers } = answer.headers;
  res.writeHead(answer.status, headers);
  const step = Math.max(1, Math.ceil(bytesPerSecond / 10));
  for (let from = 0; from < answer.body.length && !signal.aborted; from += step) {
    res.write(answer.body.subarray(from, from + step));
    await wait(100, signal);
  }
  res.end();
}
