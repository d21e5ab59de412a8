/** One process of a simulation: a sandbox of its own, and the seeds that it is sent, one at a time. */
import { startSandbox } from "../../sandbox/main.ts";
import { simulate } from "./simulate.ts";

const sandbox = await startSandbox();

// A life that ended may leave promises behind whose failure nobody is there to see.
process.on("unhandledRejection", (error) => {
  if (!(error instanceof Error && error.name === "Crashed")) throw error;
});
process.on("message", (seed: number) => {
  simulate(seed, sandbox.url).then(
    (outcome) => process.send?.(outcome),
    (error: unknown) =>
      process.send?.({
        seed,
        faults: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
        deaths: [],
        purchases: 0,
        paid: 0,
        periods: 0,
        events: 0,
      }),
  );
});
process.on("disconnect", () => void sandbox.close().then(() => process.exit(0)));
