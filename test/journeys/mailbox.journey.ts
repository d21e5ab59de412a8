import { open, type Journey } from "./stage.ts";

const ADDRESS = "reader@example.com";

export const journeys: Journey[] = [
  {
    name: "mail that was sent on this machine is read in the sandbox: it arrives by itself, its parts and links are there",
    async play(stage) {
      const { page, sandbox } = stage;
      await page.goto(sandbox.url);
      await page.getByRole("link", { name: "Mailbox" }).click();
      await page.getByLabel("Address").fill(ADDRESS);
      await page.getByRole("button", { name: "Open" }).click();
      await page.getByText("No mail to this address").waitFor();
      await sandbox.sendMail(
        ADDRESS,
        "A word",
        '<p>Hello. <a href="https://holdfast.example/word">Read on</a></p>',
      );
      // Nothing is reloaded by hand: the page waits for mail.
      await page.getByRole("link", { name: "A word" }).click();
      const mail = page.frameLocator('iframe[title="The mail"]');
      await mail.getByRole("link", { name: "Read on" }).waitFor();
      await page.getByRole("tab", { name: "HTML" }).focus();
      await page.keyboard.press("ArrowRight");
      await page.getByText("In plain words").waitFor();
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("ArrowLeft");
      await page.getByRole("link", { name: "https://holdfast.example/word" }).waitFor();
      await page.getByRole("link", { name: `Mail to ${ADDRESS}` }).click();
      await page.getByRole("link", { name: "All addresses" }).click();
      await page.getByRole("link", { name: `${ADDRESS} 1` }).waitFor();
      await open(stage, "/", "Overview");
    },
  },
];
