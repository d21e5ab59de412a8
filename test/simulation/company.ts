/** A company as its buyers, its dashboard and, in the end, its books show it: the same for each. */
import type { Random } from "../crash/random.ts";
import type { Json } from "../harness/client.ts";

/** Money that moved at the company: a charge or capture, or a refund of one. Minor units. */
export type Movement = {
  id: string;
  amountMinor: bigint;
  /** What its events belong to, where that is not itself. */
  root?: string;
};

/** What the company holds of one payment of ours. */
export type Known = {
  /** Checkouts or orders that carry our id, where the company can list them. */
  checkouts: string[] | null;
  charges: Movement[];
  /** Of its charges; those that neither failed nor were canceled. */
  refunds: Movement[];
  /** What our row may say while nothing is charged. */
  unpaid: string[];
};

/** A subscription as the company has it. */
export type TheirSubscription = {
  id: string;
  /** What our row may say of it. */
  states: string[];
  /** Whether it can still charge. */
  live: boolean;
  quantity: number;
  periodEnd: Date | null;
};

export type Books = {
  captured: Movement[];
  refunded: Movement[];
  /** All that moved, less fees, in US cents. */
  netMinor: bigint;
  events: { id: string; type: string }[];
  of(payment: { id: string; session: string | null; charge: string | null }): Promise<Known>;
  /** All that it has of a subscription of ours. */
  subscriptions(row: { id: string; session: string | null }): Promise<TheirSubscription[]>;
};

export type Company = {
  readonly name: "stripe" | "paypal";
  readonly accountId: string;
  /** The buyer does something on the company's own page. */
  visit(random: Random, purchase: { url: string; sessionId: string }): Promise<void>;
  /** Somebody refunds on its dashboard, in part or whole. */
  refund(random: Random): Promise<void>;
  /** Read in calm weather. */
  books(): Promise<Books>;
};

const FORM = { accept: "application/json" };

/** Posts a form to one of its pages; null when it was not answered. */
export const postForm = (url: string, form: Record<string, string>): Promise<Json | null> =>
  answerOf(
    fetch(url, { method: "POST", body: new URLSearchParams(form), headers: FORM, redirect: "manual" }),
  );

/** Null when the weather swallowed the answer, or it is a refusal. */
export async function answerOf(sent: Promise<Response>): Promise<Json | null> {
  try {
    const answer = await sent;
    const body = (await answer.json()) as Json;
    return answer.status < 400 ? body : null;
  } catch {
    return null;
  }
}
