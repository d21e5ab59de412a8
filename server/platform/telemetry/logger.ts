import pino from "pino";
import { context } from "./context.ts";

export type Logger = pino.Logger;

/** Every line of a traced request or job names its trace. */
const traced = (): object => {
  const trace = context()?.trace;
  return trace ? { trace_id: trace.traceId } : {};
};

/** Lines are gathered for this long or this many bytes, then written; a killed process may lose that much of its log. */
const GATHER_MS = 100;
const GATHER_BYTES = 8_192;

/** Gathering keeps a timer for as long as the process lives: who says nothing has none. */
const NOWHERE: pino.DestinationStream = { write() {} };

/** One JSON line per request or job, on stdout. */
export function createLogger(level: string, destination?: pino.DestinationStream): Logger {
  const stdout = () =>
    pino.destination({ dest: 1, sync: false, minLength: GATHER_BYTES, periodicFlush: GATHER_MS });
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: "event", mixin: traced },
    destination ?? (level === "silent" ? NOWHERE : stdout()),
  );
}
