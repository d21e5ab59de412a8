import { expect, test } from "vitest";
import type { SubscriptionFact } from "../../../../vendors/stripe/index.ts";
import type { SubscriptionRow } from "../subscription.ts";
import { isGivenUp, orderOf, walkSubscription, withStatus, type SubscriptionState } from "./walk.ts";

const DAY_MS = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const day = (days: number) => new Date(start + days * DAY_MS);

const row = (more: Partial<SubscriptionRow> = {}): SubscriptionRow =>
  ({
    id: "sub_1",
    status: "active",
    provider_status: "active",
    version_id: "plv_pro",
    promotion_id: null,
    method_id: null,
    plan_key: "pro",
    amount_minor: 2_900n,
    currency: "usd",
    period: "month",
    quantity: 1,
    scheduled_version_id: null,
    scheduled_amount_minor: null,
    scheduled_quantity: null,
    scheduled_period: null,
    scheduled_at: null,
    failed_payments: 0,
    past_due_since: null,
    suspended_at: null,
    ended_at: null,
    credits_due_at: null,
    cancel_at_period_end: false,
    as_of: day(0),
    fetch_seq: 5n,
    ...more,
  }) as SubscriptionRow;
const state = (
  found: Partial<SubscriptionFact> = {},
  more: Partial<SubscriptionState> = {},
): SubscriptionState => ({
  at: day(1),
  fetchSeq: null,
  version: { id: "plv_pro", planKey: "pro" },
  found: {
    id: "sub_of_stripe",
    holdfastId: "sub_1",
    status: "active",
    itemId: "si_1",
    priceId: "price_1",
    unitMinor: 2_900n,
    currency: "usd",
    period: "month",
    quantity: 1,
    periodStart: day(0),
    periodEnd: day(31),
    trialEndsAt: null,
    cancelAtPeriodEnd: false,
    canceledAt: null,
    endedAt: null,
    payerFingerprint: null,
    methodId: null,
    ...found,
  },
  ...more,
});

test("an event within five seconds of what is known is unclear, and changes nothing by itself", () => {
  const at = (ms: number) => new Date(start + ms);
  expect([-5_001, -5_000, 0, 5_000, 5_001].map((ms) => orderOf(row(), at(ms)))).toEqual([
    "older",
    "unclear",
    "unclear",
    "unclear",
    "newer",
  ]);
  const known = row();
  for (const ms of [-60_000, 5_000])
    expect(walkSubscription(known, state({ status: "paused" }, { at: at(ms) }), day(1))).toBe(known);
});

test("an answer that was asked for later counts by its number, and never sets the time back", () => {
  const known = row({ as_of: day(2) });
  const answer = state({ status: "paused" }, { fetchSeq: 6n, at: day(1) });
  expect(walkSubscription(known, answer, day(2))).toMatchObject({
    status: "paused",
    as_of: day(2),
    fetch_seq: 6n,
  });
  expect(walkSubscription(known, { ...answer, fetchSeq: 5n }, day(2))).toBe(known);
});

test("what has ended at the company has ended for ever", () => {
  const ended = row({ status: "canceled", provider_status: "canceled" });
  expect(walkSubscription(ended, state(), day(2))).toBe(ended);
});

test("a price that is not ours changes what is paid, and no plan", () => {
  const next = walkSubscription(row(), state({ unitMinor: 100n, quantity: 3 }, { version: null }), day(1));
  expect(next).toMatchObject({ version_id: "plv_pro", plan_key: "pro", amount_minor: 100n, quantity: 3 });
});

test("the cheaper plan waits for its day; anything else that comes first takes the wait away", () => {
  const scheduled = {
    scheduled_version_id: "plv_small",
    scheduled_amount_minor: 900n,
    scheduled_quantity: 1,
    scheduled_at: day(31),
  };
  const small = { version: { id: "plv_small", planKey: "small" } };
  const cheaper = { unitMinor: 900n };
  expect(walkSubscription(row(scheduled), state(cheaper, small), day(1))).toMatchObject({
    plan_key: "pro",
    amount_minor: 2_900n,
    ...scheduled,
  });
  const none = { scheduled_version_id: null, scheduled_at: null };
  expect(
    walkSubscription(row(scheduled), state({ ...cheaper, periodStart: day(31) }, small), day(31)),
  ).toMatchObject({ plan_key: "small", amount_minor: 900n, ...none });
  expect(walkSubscription(row(scheduled), state({ ...cheaper, quantity: 2 }, small), day(1))).toMatchObject({
    plan_key: "small",
    quantity: 2,
    ...none,
  });
});

test("a year that becomes months goes on until it ends, and is told of as a year until then", () => {
  const year = row({
    period: "year",
    amount_minor: 29_000n,
    scheduled_version_id: "plv_pro",
    scheduled_amount_minor: 2_900n,
    scheduled_quantity: 1,
    scheduled_period: "month",
    scheduled_at: day(365),
  });
  const before = state({ period: "year", unitMinor: 29_000n, periodEnd: day(365) });
  expect(walkSubscription(year, before, day(1))).toMatchObject({
    period: "year",
    amount_minor: 29_000n,
    scheduled_period: "month",
    scheduled_at: day(365),
  });
  const after = state({ periodStart: day(365), periodEnd: day(396) }, { at: day(365) });
  expect(walkSubscription(year, after, day(365))).toMatchObject({
    period: "month",
    amount_minor: 2_900n,
    scheduled_version_id: null,
    scheduled_period: null,
    scheduled_at: null,
  });
  // Begun by somebody at the company before its day: what is billed there counts.
  const early = state({ periodStart: day(10), periodEnd: day(41) }, { at: day(10) });
  expect(walkSubscription(year, early, day(10))).toMatchObject({ period: "month", amount_minor: 2_900n });
});

test("grace ends 14 days after the first failure or with the third one, and a payment ends it all", () => {
  const late = withStatus(row({ provider_status: "past_due" }), day(1));
  expect(late).toMatchObject({ status: "past_due", past_due_since: day(1), suspended_at: null });
  expect(withStatus(late, new Date(day(15).getTime() - 1)).status).toBe("past_due");
  const over = withStatus(late, day(15));
  expect(over).toMatchObject({ status: "suspended", past_due_since: day(1), suspended_at: day(15) });
  expect(withStatus(over, day(20)).suspended_at).toEqual(day(15));
  expect(withStatus({ ...late, failed_payments: 3 }, day(2)).status).toBe("suspended");
  const paid = withStatus({ ...over, provider_status: "active", failed_payments: 3 }, day(21));
  expect(paid).toMatchObject({
    status: "active",
    past_due_since: null,
    suspended_at: null,
    failed_payments: 0,
  });
});

test("what the company itself suspends is suspended from then on, and given up 30 days later", () => {
  const first = withStatus(row({ provider_status: "suspended" }), day(3));
  expect(first).toMatchObject({ status: "suspended", past_due_since: day(3), suspended_at: day(3) });
  const later = withStatus(first, day(9));
  expect(later).toMatchObject({ past_due_since: day(3), suspended_at: day(3) });
  expect(isGivenUp(later, new Date(day(33).getTime() - 1))).toBe(false);
  expect(isGivenUp(later, day(33))).toBe(true);
  expect(isGivenUp(row({ suspended_at: day(0) }), day(40))).toBe(false);
  expect(isGivenUp(row({ status: "suspended" }), day(40))).toBe(false);
});

test("an end takes with it what was to come, and keeps the time that the company tells", () => {
  const ended = withStatus(
    row({
      provider_status: "canceled",
      scheduled_version_id: "plv_small",
      scheduled_at: day(31),
      credits_due_at: day(31),
      cancel_at_period_end: true,
    }),
    day(4),
  );
  expect(ended).toMatchObject({
    status: "canceled",
    ended_at: day(4),
    scheduled_version_id: null,
    scheduled_at: null,
    credits_due_at: null,
    cancel_at_period_end: false,
  });
  expect(walkSubscription(row(), state({ status: "canceled", endedAt: day(2) }), day(4)).ended_at).toEqual(
    day(2),
  );
});

test("a second one stays a second one, and one that no company knows stays as it is", () => {
  for (const known of [row({ status: "duplicate" }), row({ status: "creating", provider_status: null })])
    expect(withStatus(known, day(40))).toBe(known);
});
