import assert from "node:assert/strict";
import { hasNoBarriers } from "./pictures.ts";
import { EFFECT_MS, open, type Journey } from "./stage.ts";

type Report = { columns: string[]; totals: { group: string; unit: string; values: number[] }[] };
const NAMES = ["MRR", "Fees", "Refunds", "Tax", "Credits", "Failed payments", "Receivables", "Revenue"];

export const journeys: Journey[] = [
  {
    name: "reports: each is drawn and listed, and the file says what the screen says",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/reports", "Reports");
      for (const name of NAMES) {
        await page.getByRole("button", { name, exact: true }).click();
        await page
          .getByText(/^(Figures|Nothing in this time)$/)
          .first()
          .waitFor();
        await page.locator("[data-skeleton]").first().waitFor({ state: "detached", timeout: EFFECT_MS });
        await hasNoBarriers(page, `the report ${name}`);
      }
      const csv = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
      assert.ok(csv, "the file has an address");
      assert.match(csv, /^\/api\/reports\/revenue/);
      const file = await page.evaluate(async (address) => (await fetch(address)).text(), csv);
      const report = await page.evaluate(
        async (address) => (await (await fetch(address)).json()) as Report,
        csv.replace("format=csv", "format=json"),
      );
      const [total] = report.totals;
      assert.ok(total, "the demo has taken money");
      assert.ok(file.split("\r\n").includes([total.group, total.unit, ...total.values].join(",")));
      const gross = new Intl.NumberFormat("en-US", { style: "currency", currency: total.unit });
      await page
        .getByText(gross.format((total.values[0] ?? 0) / 100))
        .first()
        .waitFor();
    },
  },
];
