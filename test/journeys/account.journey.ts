import assert from "node:assert/strict";
import { openMailbox } from "../harness/mailbox.ts";
import type { Journey } from "./stage.ts";

const EMAIL = "newcomer@example.com";
const FIRST = "Quiet Harbour 7";
const SECOND = "Quiet Harbour 8";

export const journeys: Journey[] = [
  {
    name: "a newcomer signs up, confirms by the mail, signs in, changes the password and sees the sessions",
    async play({ page, product, sandbox }) {
      const mailbox = openMailbox(new URL(sandbox.url).origin);
      const context = await page.context().browser()?.newContext();
      assert.ok(context);
      const own = await context.newPage();
      await own.goto(`${product.consoleUrl}/sign-up`);
      await own.getByLabel("Name").fill("Nadia Newcomer");
      await own.getByLabel("E-mail").fill(EMAIL);
      await own.getByLabel("Password").fill(FIRST);
      await own.getByRole("button", { name: "Create account" }).click();
      await own.getByRole("heading", { name: "Look into your mail" }).waitFor();
      const link = (await mailbox(EMAIL)).links.find((each) => each.includes("/verify-email#token="));
      assert.ok(link, "the mail has a link");
      await own.goto(link);
      await own.getByRole("button", { name: "Confirm" }).click();
      await own.getByText("your account is ready").waitFor();
      assert.ok(!own.url().includes("token"), "the token leaves the address");
      await own.getByRole("link", { name: "Sign in" }).click();
      await own.getByLabel("E-mail").fill(EMAIL);
      await own.getByLabel("Password").fill(FIRST);
      await own.getByRole("button", { name: "Sign in", exact: true }).click();
      await own.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
      await own.goto(`${product.consoleUrl}/security`);
      await own.getByLabel("New password").fill(SECOND);
      await own.getByRole("button", { name: "Change password" }).click();
      await own.getByText("Your password is changed").waitFor();
      await own.getByRole("table", { name: "Sessions" }).getByText("This one").waitFor();
      await own.goto(`${product.consoleUrl}/profile`);
      await own.getByLabel("Name").fill("Nadia N.");
      await own.getByRole("button", { name: "Save" }).click();
      await own.getByText("Your profile is saved").waitFor();
      await context.close();
    },
  },
];
