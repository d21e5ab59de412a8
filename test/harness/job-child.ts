/** A worker process of its own, made to be killed: each item of its jobs writes one row and takes a while. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { startJobProcess } from "./jobs.ts";

const [url = ""] = process.argv.slice(2);
const worker = startJobProcess(url);
worker.jobs.define({
  kind: "t",
  payload: z.strictObject({ n: z.int() }),
  async run({ id, payload, once }) {
    for (let item = 0; item < payload.n; item += 1) {
      await once(String(item), async (tx) => {
        await tx.query("effect", "insert into effects (job_id, item) values ($1, $2)", [id, item]);
        await delay(5);
      });
    }
  },
});
worker.work();
