import pino from "pino";

export type Logger = pino.Logger;

/** One JSON line per request or job, on stdout. */
export function createLogger(level: string, destination?: pino.DestinationStream): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, messageKey: "event" },
    destination ?? pino.destination(1),
  );
}
