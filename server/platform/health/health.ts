export type Check = { name: string; ok: boolean; ms: number; detail: string | null };
export type Queue = { name: string; waiting: number; oldest_seconds: number };

export type Health = {
  /** A part of the system. `required`: when it fails, `/ready` answers 503. Outside companies are never required. */
  check(name: string, required: boolean, probe: () => Promise<string | null>): void;
  queue(name: string, read: () => Promise<Omit<Queue, "name">>): void;
  /** Those who ask while a look at the same parts is under way share it: anyone may ask for `/ready`. */
  run(which: "required" | "all"): Promise<Check[]>;
  queues(): Promise<Queue[]>;
  /** From the first SIGTERM on: `/ready` is 503 at once. */
  draining: boolean;
};

const PROBE_TIMEOUT_MS = 2_000;

export function createHealth(): Health {
  const checks: { name: string; required: boolean; probe: () => Promise<string | null> }[] = [];
  const queues: { name: string; read: () => Promise<Omit<Queue, "name">> }[] = [];
  const running = new Map<"required" | "all", Promise<Check[]>>();
  const run: Health["run"] = (which) => {
    const underWay = running.get(which);
    if (underWay) return underWay;
    const wanted = checks.filter((check) => which === "all" || check.required);
    const looking = Promise.all(wanted.map(probed)).finally(() => running.delete(which));
    running.set(which, looking);
    return looking;
  };
  return {
    draining: false,
    check: (name, required, probe) => void checks.push({ name, required, probe }),
    queue: (name, read) => void queues.push({ name, read }),
    run,
    queues: () => Promise.all(queues.map(async ({ name, read }) => ({ name, ...(await read()) }))),
  };
}

async function probed({
  name,
  probe,
}: {
  name: string;
  probe: () => Promise<string | null>;
}): Promise<Check> {
  const startedAt = performance.now();
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${PROBE_TIMEOUT_MS} ms`)),
    PROBE_TIMEOUT_MS,
  );
  const ms = () => Math.round((performance.now() - startedAt) * 10) / 10;
  try {
    return { name, ok: true, detail: await Promise.race([probe(), timeout]), ms: ms() };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : "failed", ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}
