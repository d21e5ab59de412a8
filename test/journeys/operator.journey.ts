import { type Journey, open } from "./stage.ts";

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
];
