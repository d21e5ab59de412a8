/** Callers at once, as a busy server has them. */
const CALLERS = 16;

/** How many checks pass per second with 16 callers; throws when one is refused. Half as long again before it only warms up. */
export async function checksPerSecond(seconds: number, check: () => Promise<boolean>): Promise<number> {
  const run = async (untilMs: number): Promise<number> => {
    let done = 0;
    const caller = async () => {
      while (performance.now() < untilMs) {
        if (!(await check())) throw new Error("a good credential was refused");
        done += 1;
        // Sockets and timers get their turn, as they would between requests.
        if (done % 256 === 0) await new Promise(setImmediate);
      }
    };
    await Promise.all(Array.from({ length: CALLERS }, caller));
    return done;
  };
  await run(performance.now() + (seconds / 2) * 1_000);
  const startedAt = performance.now();
  const done = await run(startedAt + seconds * 1_000);
  return done / ((performance.now() - startedAt) / 1_000);
}
