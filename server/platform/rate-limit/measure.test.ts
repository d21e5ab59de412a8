import fc from "fast-check";
import { expect, test } from "vitest";
import { createMeter } from "./meter.ts";

const perMinute = (limit: number, amount: number, subject = "a") => ({
  name: "tokens",
  subject,
  limit,
  seconds: 60,
  amount,
});
const meterAt = (start = 1_000_000) => {
  let now = start;
  const meter = createMeter({ redis: null, now: () => now, testNow: () => now, processes: () => 1 });
  return { meter, pass: (ms: number) => void (now += ms) };
};

test("amounts add up to the limit, and waiting as long as it says suffices", async () => {
  const { meter, pass } = meterAt();
  expect(await meter.take([perMinute(100, 60)])).toMatchObject({ allowed: true });
  pass(10_000);
  expect(await meter.take([perMinute(100, 40)])).toMatchObject({ allowed: true });
  const refused = await meter.take([perMinute(100, 30)]);
  expect(refused).toMatchObject({ allowed: false, refused: { name: "tokens" } });
  pass(refused.resetSeconds * 1_000);
  expect(await meter.take([perMinute(100, 30)])).toMatchObject({ allowed: true });
});

test("of several measures all are taken or none", async () => {
  const { meter } = meterAt();
  await meter.take([perMinute(10, 10, "full")]);
  expect(await meter.take([perMinute(10, 1, "free"), perMinute(10, 1, "full")])).toMatchObject({
    allowed: false,
    refused: { subject: "full" },
  });
  expect(await meter.look([perMinute(10, 1, "free")])).toMatchObject([{ used: 0 }]);
});

test("what was taken too much is given back to the second it was taken in, and never more", async () => {
  const { meter, pass } = meterAt();
  const taken = await meter.take([perMinute(100, 90)]);
  pass(5_000);
  await taken.correct([-80]);
  expect(await meter.look([perMinute(100, 0)])).toMatchObject([{ used: 10 }]);
  await taken.correct([-80]);
  expect(await meter.look([perMinute(100, 0)])).toMatchObject([{ used: 0 }]);
  pass(120_000);
  await taken.correct([50]);
  expect(await meter.look([perMinute(100, 0)])).toMatchObject([{ used: 0 }]);
});

test("an amount above the limit takes all of it, so that it can be had at all", async () => {
  const { meter } = meterAt();
  expect(await meter.take([perMinute(100, 5_000)])).toMatchObject({ allowed: true });
  expect(await meter.take([perMinute(100, 1)])).toMatchObject({ allowed: false });
});

test("never is more than the limit taken within the window", async () => {
  const step = fc.record({
    wait: fc.integer({ min: 0, max: 30_000 }),
    amount: fc.integer({ min: 1, max: 60 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { meter, pass } = meterAt();
      let at = 0;
      const taken: { at: number; amount: number }[] = [];
      for (const { wait, amount } of steps) {
        pass(wait);
        at += wait;
        if ((await meter.take([perMinute(100, amount)])).allowed) taken.push({ at, amount });
      }
      for (const last of taken) {
        const within = taken.filter((each) => each.at <= last.at && each.at > last.at - 60_000);
        expect(within.reduce((sum, each) => sum + each.amount, 0)).toBeLessThanOrEqual(100);
      }
    }),
  );
});
