/** Whether a buyer's renewals are paid: `GET|POST /_sandbox/paypal/buyers`. */
import { z } from "zod";
import type { ControlRequest, World } from "../../core/company.ts";
import { behaviourOf, readBuyer } from "../buyers.ts";

const input = z.strictObject({
  world: z.string().optional(),
  email: z.string().refine((text) => readBuyer(text) !== null, "an e-mail address"),
  renewals: z.enum(["pay", "fail"]),
});

/** What a buyer does when money is taken without them. `failing@` and `declined@` fail unless set otherwise. */
export function paysRenewals(world: World, email: string): boolean {
  const row = world.store.get("select renewals from paypal_buyers where email = ?", email);
  if (row !== null) return row["renewals"] === "pay";
  const behaviour = behaviourOf(email);
  return behaviour !== "failing" && behaviour !== "declined";
}

export async function controlBuyers({ method, path, body, world, answer }: ControlRequest): Promise<boolean> {
  if (path !== "/buyers" || (method !== "GET" && method !== "POST")) return false;
  if (method === "POST") {
    const read = input.safeParse(body);
    if (!read.success) {
      const detail = "Name the email of a buyer, and renewals: pay or fail.";
      answer(422, {
        type: "about:blank",
        title: "invalid_input",
        status: 422,
        code: "invalid_input",
        detail,
      });
      return true;
    }
    const email = readBuyer(read.data.email) ?? "";
    world.store.run(
      "insert or replace into paypal_buyers (email, renewals) values (?, ?)",
      email,
      read.data.renewals,
    );
  }
  answer(200, { data: world.store.all("select email, renewals from paypal_buyers order by email") });
  return true;
}
