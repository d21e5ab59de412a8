/** `bin/crash` and `bin/soak`: the product as a stranger starts it, under load, killed, in bad weather or in a burst, then compared. */
import { parseArgs } from "node:util";
import { bills } from "./bills.ts";
import { burst } from "./burst.ts";
import { crash } from "./crash.ts";
import { createReport } from "./report.ts";
import { soak } from "./soak.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: { type: "string", default: "200" },
    "group-kills": { type: "string", default: "0" },
    burst: { type: "string" },
    calls: { type: "string" },
    seconds: { type: "string", default: "600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});
const [what] = positionals;
const report = createReport();
report.note(`seed ${values.seed}`);
if (what === "crash" && values.burst !== undefined) {
  await burst(report, { events: whole("burst", values.burst), seed: values.seed });
} else if (what === "crash") {
  const kills = whole("kills", values.kills);
  await crash(report, { kills, groupKills: whole("group-kills", values["group-kills"]), seed: values.seed });
} else if (what === "soak" && values.calls !== undefined) {
  await bills(report, { calls: whole("calls", values.calls), seed: values.seed });
} else if (what === "soak") {
  await soak(report, { seconds: whole("seconds", values.seconds), seed: values.seed });
} else throw new Error("what to run: crash or soak");
process.exitCode = report.end() ? 0 : 1;

function whole(name: string, text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Error(`--${name} takes a whole number up to 99999`);
  return Number(text);
}
