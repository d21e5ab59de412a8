import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { open, proveAnew, type Stage } from "./stage.ts";

export type NewPerson = { name: string; email: string; password: string; operator?: boolean };

/** Adds a person as an operator does, and plays in a browser of their own, in which they are signed in. */
export async function personIn(
  stage: Stage,
  person: NewPerson,
  play: (theirs: Page) => Promise<void>,
): Promise<void> {
  await add(stage, person);
  const { page, product } = stage;
  const { token } = await stage.sandbox.mailedLink(person.email, "/reset-password");
  const context = await page
    .context()
    .browser()
    ?.newContext({ viewport: { width: 1280, height: 860 } });
  assert.ok(context);
  const call = (path: string, data: object) =>
    context.request.post(`${product.consoleUrl}/api/auth/${path}`, { data });
  try {
    const { email, password } = person;
    assert.equal((await call("password-reset/confirm", { token, password })).status(), 204);
    if (person.operator) await promote(stage, person);
    assert.equal((await call("login", { email, password })).status(), 200);
    await play(await context.newPage());
  } finally {
    await context.close();
  }
}

async function add(stage: Stage, { name, email }: NewPerson): Promise<void> {
  const { page } = stage;
  await proveAnew(stage);
  await open(stage, "/people", "People");
  await page.getByRole("button", { name: "Add a person" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill(name);
  await dialog.getByLabel("E-mail").fill(email);
  await dialog.getByRole("button", { name: "Add and send the mail" }).click();
  await page.getByRole("button", { name: `Open ${name}` }).waitFor();
}

async function promote(stage: Stage, { name, email }: NewPerson): Promise<void> {
  const { page } = stage;
  await open(stage, `/people?search=${email}`, "People");
  await page.getByRole("button", { name: `Open ${name}` }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make an operator" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Make an operator" }).click();
  await page.getByText("They operate the installation now").waitFor();
}
