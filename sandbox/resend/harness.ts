/** What the tests of this folder share: a world of its own, with the official SDK pointed at it. */
import { Resend } from "resend";
import type { MailboxMail } from "../core/company.ts";
import type { Sandbox } from "../main.ts";
import { controlOf } from "../stripe/harness.ts";

export type MailWorld = {
  name: string;
  resend: Resend;
  key: string;
  secret: string;
  baseUrl: string;
  from: string;
  /** Moves the world's clock. */
  advance(by: string): Promise<unknown>;
  mailbox(query?: Record<string, string>): Promise<MailboxMail[]>;
};

let count = 0;

/** Its clock stands unless told. */
export async function newMailWorld(
  sandbox: Sandbox,
  options: Record<string, unknown> = {},
): Promise<MailWorld> {
  const name = (options["name"] as string | undefined) ?? `m${++count}`;
  const control = controlOf(sandbox);
  type Made = { resend: { api_key: string; webhook_secret: string; base_url: string; from: string } };
  const { body } = await control<Made>("POST", "/worlds", { name, clock: { mode: "manual" }, ...options });
  const { api_key: key, webhook_secret: secret, base_url: baseUrl, from } = body.resend;
  return {
    name,
    key,
    secret,
    baseUrl,
    from,
    resend: new Resend(key, { baseUrl }),
    advance: (by) => control("POST", "/clock", { world: name, advance: by }),
    mailbox: async (query = {}) =>
      (
        await control<{ data: MailboxMail[] }>(
          "GET",
          `/mailbox?${new URLSearchParams({ ...query, world: name })}`,
        )
      ).body.data,
  };
}

/** What the SDK answered; throws its error. */
export async function got<T>(
  answer: Promise<{ data: T; error: null } | { data: null; error: object }>,
): Promise<T> {
  const { data, error } = await answer;
  if (error !== null) throw new Error(`refused: ${JSON.stringify(error)}`);
  return data;
}

/** What the SDK was refused with. */
export async function refused(
  answer: Promise<{ error: { name: string; statusCode: number | null; message: string } | null }>,
): Promise<{ name: string; statusCode: number | null; message: string }> {
  const { error } = await answer;
  if (error === null) throw new Error("Nothing was refused");
  return error;
}
