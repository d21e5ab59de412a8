import { open, type Stage } from "./stage.ts";

/** Presses the check button of the ledger; every rule must hold. */
export async function checkBooks(stage: Stage): Promise<void> {
  const { page } = stage;
  await open(stage, "/ledger", "Ledger");
  await page.getByRole("button", { name: "Check the books" }).click();
  await page.getByText(/Every rule holds|The books are broken/).waitFor();
  if (!(await page.getByText("Every rule holds").isVisible()))
    throw new Error(
      await page.getByText("The books are broken").locator("xpath=ancestor::section").innerText(),
    );
}
