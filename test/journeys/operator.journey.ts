import { EFFECT_MS, type Journey, open, proveAnew, type Stage } from "./stage.ts";

export const journeys: Journey[] = [
  {
    name: "limits: an operator gives a network a limit of its own and takes it back",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/limits", "Limits");
      await page.getByRole("button", { name: "Set a limit" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Subject").fill("203.0.113.9");
      await dialog.getByLabel("Class").selectOption("address");
      await dialog.getByLabel("Requests").fill("500");
      await dialog.getByRole("button", { name: "Set limit" }).press("Enter");
      const row = page.getByRole("table", { name: "Limits set by operators" }).getByText("203.0.113.9");
      await row.waitFor();
      await page.getByRole("button", { name: "Remove the limit of 203.0.113.9 in address" }).press("Enter");
      await row.waitFor({ state: "detached" });
    },
  },
  {
    name: "cache: reads are counted, and a tag is dropped on demand",
    async play(stage) {
      const { page } = stage;
      await open(stage, "/cache", "Cache");
      await page.getByRole("table", { name: "Cached resources" }).getByText("Organization list").waitFor();
      await page.getByRole("button", { name: "Invalidate" }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Tags").fill("not a tag!");
      await dialog.getByRole("button", { name: "Invalidate" }).click();
      await dialog.getByText("tag! is no tag").waitFor();
      await dialog.getByLabel("Tags").fill("organization:none, user:none");
      await dialog.getByRole("button", { name: "Invalidate" }).press("Enter");
      await page.getByText("2 tags dropped").waitFor();
    },
  },
  {
    name: "prices: a changed list of a provider is a draft, its change is shown, and it counts once it is approved",
    async play(stage) {
      const { page, sandbox } = stage;
      await open(stage, "/prices", "Prices");
      for (const [percent, change] of [
        [150, "+50.0 %"],
        [100, "−33.3 %"],
      ] as const) {
        await sandbox.listPrices(percent);
        await page.getByRole("button", { name: "Read the lists" }).press("Enter");
        const draft = page.getByRole("row", { name: /Draft/ });
        await draft.getByRole("button").press("Enter");
        const drawer = page.getByRole("dialog");
        await drawer.getByText(change).first().waitFor();
        await drawer.getByRole("button", { name: "Approve" }).press("Enter");
        await page.getByRole("alertdialog").getByRole("button", { name: "Approve" }).press("Enter");
        await page.getByRole("alertdialog").waitFor({ state: "detached" });
        await page.keyboard.press("Escape");
        // Under the drawer the table is nobody's to see.
        await drawer.waitFor({ state: "detached" });
        await draft.waitFor({ state: "detached" });
      }
    },
  },
  {
    name: "providers: one is switched off and on again, routing is laid down, a key is fetched there, a day is proven",
    async play(stage) {
      const { page } = stage;
      await proveAnew(stage);
      await open(stage, "/providers", "Providers");
      const change = async (enabled: boolean) => {
        await page.getByRole("button", { name: "Change openrouter" }).press("Enter");
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Enabled").setChecked(enabled);
        await dialog.getByRole("button", { name: "Save" }).press("Enter");
        await dialog.waitFor({ state: "detached" });
      };
      const row = page.getByRole("table", { name: "Providers" }).getByRole("row", { name: /openrouter/ });
      await change(false);
      await row.getByText("Off").waitFor();
      await change(true);
      await row.getByText("Well").waitFor();
      await open(stage, "/routing", "Routing");
      await page.getByLabel("Order", { exact: true }).selectOption("price");
      await page.getByRole("button", { name: "Save" }).press("Enter");
      await page.getByText("The cheapest first").first().waitFor();
      await open(stage, "/open-holds", "Open holds");
      const held = page.getByRole("table", { name: "Open holds" });
      await held.or(page.getByText("Nothing is held")).first().waitFor();
      await fetchKey(stage);
      await proveDay(stage);
    },
  },
];

/** A key of the organization's own, by OpenRouter's page; taken away again, since calls by it cost no credits. */
async function fetchKey(stage: Stage): Promise<void> {
  const { page } = stage;
  await open(stage, "/provider-keys", "Provider keys");
  await page.getByRole("button", { name: "Connect OpenRouter" }).press("Enter");
  await page.getByText("This stands in for OpenRouter").waitFor();
  await page.getByRole("button", { name: /Olive Kay/ }).press("Enter");
  const row = page.getByRole("table", { name: "Provider keys" }).getByRole("row", { name: /openrouter/ });
  await row.getByText("Works").waitFor();
  await page.getByRole("button", { name: "Remove the key at openrouter" }).press("Enter");
  await page.getByRole("alertdialog").getByRole("button", { name: "Remove" }).press("Enter");
  await page.getByText("No keys of your own").waitFor();
}

async function proveDay(stage: Stage): Promise<void> {
  const { page } = stage;
  await open(stage, "/proof", "Proof");
  await page.getByRole("button", { name: "Prove a day" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "Prove", exact: true }).press("Enter");
  await page.getByText("The proof has begun").waitFor();
  await page.getByText("under way").waitFor({ state: "detached", timeout: EFFECT_MS });
  await page.getByRole("table", { name: "Proven days" }).getByRole("row").nth(1).waitFor();
  await page.getByText("Price drift").first().waitFor();
}
