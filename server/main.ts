/** Starts one process in its role and stops it gracefully. */
import { flushCompileCache } from "node:module";
import { createApp } from "./app.ts";
import { ConfigError, readConfig, type Config } from "./config.ts";

/** Model streams may finish, then the process ends whatever happens. */
const EXIT_AFTER_MS = 150_000;

function config(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`Holdfast cannot start:\n${error.faults.map((fault) => `  - ${fault}\n`).join("")}`);
    process.exit(1);
  }
}

const app = await createApp(config());
app.metrics.measureProcess();
const url = await app.start();
app.logger.info({ url, role: app.role }, "started");
// Not left to a graceful end: who is killed starts again as fast.
flushCompileCache();

let stopping = false;
const stop = (signal: string) => {
  if (stopping) return;
  stopping = true;
  app.logger.info({ signal }, "stopping");
  setTimeout(() => {
    app.logger.error({ cut: app.unfinished() }, "stopped with work unfinished");
    process.exit(1);
  }, EXIT_AFTER_MS).unref();
  app.stop().then(
    () => process.exit(0),
    (err: unknown) => {
      app.logger.error({ err }, "stop failed");
      process.exit(1);
    },
  );
};
process.on("SIGTERM", () => stop("SIGTERM"));
process.on("SIGINT", () => stop("SIGINT"));
