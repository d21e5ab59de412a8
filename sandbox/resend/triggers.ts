import type { World } from "../core/company.ts";
import { cancel, sendEmail } from "./emails.ts";
import { OWN_DOMAIN } from "./domains.ts";
import type { EventType } from "./events.ts";

function send(world: World, to: string, more: Record<string, unknown> = {}): string {
  const body = { from: `hello@${OWN_DOMAIN}`, to, subject: "Triggered", text: "Triggered by hand.", ...more };
  return (sendEmail({ world, id: "", query: new URLSearchParams(), body }) as { id: string }).id;
}

/** Each event with the call that leads to it; what follows later does so by the world's clock. */
export const triggers: Readonly<Record<EventType, (world: World) => void>> = {
  "email.sent": (world) => void send(world, "delivered@resend.dev"),
  "email.delivered": (world) => void send(world, "delivered@resend.dev"),
  "email.bounced": (world) => void send(world, "bounced@resend.dev"),
  "email.complained": (world) => void send(world, "complained@resend.dev"),
  "email.suppressed": (world) => void send(world, "suppressed@resend.dev"),
  "email.scheduled": (world) => {
    const id = send(world, "delivered@resend.dev", { scheduled_at: "in 1 hour" });
    cancel({ world, id, query: new URLSearchParams(), body: {} });
  },
};
