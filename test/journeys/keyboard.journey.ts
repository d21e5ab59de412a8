import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { hasNoBarriers } from "./pictures.ts";
import { open, proveAnew, type Journey } from "./stage.ts";

const MOST_TABS = 80;

/** Presses Tab until what has the focus is called this; the mouse is never used. */
async function tabTo(page: Page, name: RegExp, key = "Tab"): Promise<void> {
  for (let pressed = 0; pressed < MOST_TABS; pressed += 1) {
    await page.keyboard.press(key);
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      if (!(element instanceof HTMLElement)) return "";
      const labels =
        element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels : null;
      return element.getAttribute("aria-label") ?? labels?.[0]?.textContent ?? element.textContent ?? "";
    });
    if (name.test(focused.trim())) return;
  }
  throw new Error(`No ${MOST_TABS} presses of ${key} lead to ${name}`);
}

export const journeys: Journey[] = [
  {
    name: "keyboard: a person is added, found, opened, and left again without a mouse",
    async play(stage) {
      const { page } = stage;
      await proveAnew(stage);
      await open(stage, "/people", "People");
      await tabTo(page, /^Add a person$/);
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name").waitFor();
      await hasNoBarriers(page, "the dialog of a new person");
      await page.keyboard.type("Kay Board");
      await page.keyboard.press("Tab");
      await page.keyboard.type("kay@people.example");
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await tabTo(page, /^Search people$/);
      await page.keyboard.type("kay@people");
      await page.keyboard.press("Enter");
      await page.waitForURL(/search=kay/);
      await page.getByRole("button", { name: "Open Kay Board" }).waitFor();
      await tabTo(page, /^Open Kay Board$/);
      await page.keyboard.press("Enter");
      const drawer = page.getByRole("dialog");
      await drawer.waitFor();
      await hasNoBarriers(page, "the drawer of a person");
      assert.ok(
        await drawer.evaluate((element) => element.contains(document.activeElement)),
        "the focus goes into the drawer",
      );
      await tabTo(page, /^(Disable|Enable)$/);
      await page.keyboard.press("Enter");
      await page.getByRole("alertdialog").waitFor();
      await hasNoBarriers(page, "the question before a person is disabled");
      await page.keyboard.press("Escape");
      await page.getByRole("alertdialog").waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await drawer.waitFor({ state: "detached" });
      // The focus comes back to where it was, a moment after the panel has gone.
      await page.waitForFunction(
        () => document.activeElement?.getAttribute("aria-label") === "Open Kay Board",
      );
    },
  },
  {
    name: "keyboard: a key is made, paused and revoked without a mouse",
    async play(stage) {
      const { page } = stage;
      await proveAnew(stage);
      await open(stage, "/api-keys", "API keys");
      await tabTo(page, /^Create key$/);
      await page.keyboard.press("Enter");
      const dialog = page.getByRole("dialog");
      await dialog.getByLabel("Name").waitFor();
      await page.keyboard.type("By keyboard");
      await hasNoBarriers(page, "the dialog of a new key");
      await page.keyboard.press("Enter");
      await page.getByText("Copy it now").waitFor();
      await tabTo(page, /^Done$/);
      await page.keyboard.press("Enter");
      await dialog.waitFor({ state: "detached" });
      await page.getByRole("button", { name: "Open By keyboard" }).waitFor();
      await tabTo(page, /^Open By keyboard$/);
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").waitFor();
      await hasNoBarriers(page, "the drawer of a key");
      await tabTo(page, /^Pause$/);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Let it go on" }).waitFor();
      // While a tooltip is there, Escape takes that away first.
      await page.getByRole("tooltip").first().waitFor({ state: "detached" });
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      await tabTo(page, /^Revoke By keyboard$/);
      await page.keyboard.press("Enter");
      await page.getByRole("alertdialog").waitFor();
      await tabTo(page, /^Revoke$/);
      await page.keyboard.press("Enter");
      await page.getByRole("button", { name: "Open By keyboard" }).waitFor({ state: "detached" });
    },
  },
];
