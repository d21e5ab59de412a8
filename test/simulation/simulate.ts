/**
 * One seed: a shop's customers, the company, the database and the clock, all driven by the same numbers. What they do is
 * cut off, doubled, reordered, delayed, corrupted and answered late, and the process dies in between; then the weather
 * clears, everything due comes to its end, and our books are compared with the company's.
 */
import pg from "pg";
import { manualClock } from "../../server/platform/clock.ts";
import { newId, type Id } from "../../server/platform/ids.ts";
import { Problem } from "../../server/platform/problem.ts";
import type { ChangeOrder } from "../../server/kernel/billing/subscriptions/changes/change-plan.ts";
import { createDb, type Db } from "../../server/platform/db/index.ts";
import { CompanyFault } from "../../server/platform/calls/index.ts";
import { createRandom, type Random } from "../crash/random.ts";
import { createTestDatabase } from "../harness/database.ts";
import { startHub, type TestHub } from "../harness/hub.ts";
import { compareBooks } from "./books.ts";
import type { Company } from "./company.ts";
import { CUSTOMER_ACTS, subscribeAll } from "./customers.ts";
import { SUBSCRIBER_ACTS } from "./subscribers.ts";
import { Crashed } from "./lifeline.ts";
import { paypalCompany } from "./paypal.ts";
import { openDoor, startLife, type Life } from "./process.ts";
import { stripeCompany } from "./stripe.ts";
import { openWorld, type World } from "./world.ts";

const STEPS = 60;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
/** Months go by in each of so many seeds, since all that companies list of them is read. */
const MONTHS_EACH = 8;
/** A month goes by in so many parts, after each of which everything due has its turn. */
const PARTS = 5;
const PART_MS = 150 * HOUR_MS;
/** A first reading goes through 30 days in 120 parts, of two companies; one in three is cut off. */
const MAX_READINGS = 400;
const MAX_STARTS = 10;
/** Half of the steps end a life sooner or later; a statement is two points. */
const MAX_POINTS_AHEAD = 120;
/** Of six hours and a bit each, in calm weather: longer than a company tries again, and than a session lives. */
const QUIET_ROUNDS = 20;

export type Purchase = {
  operationId: Id<"idk">;
  org: Id<"org">;
  company: Company;
  what: "credits" | "plan";
  /** The page where it is paid; null while the client has not heard of it. */
  begun: { url: string; sessionId: string } | null;
};

export type Simulation = {
  readonly random: Random;
  readonly world: World;
  readonly companies: readonly [Company, ...Company[]];
  readonly orgs: readonly [Id<"org">, ...Id<"org">[]];
  readonly purchases: Purchase[];
  /** Of other plans. */
  readonly orders: ChangeOrder[];
  /** Runs `act` in the life of now; one that ends over it is mourned and told as null. */
  live<T>(act: (life: Life) => Promise<T>): Promise<T | null>;
};

export type Outcome = {
  seed: number;
  faults: string[];
  deaths: string[];
  purchases: number;
  paid: number;
  /** Periods of subscriptions that were paid. */
  periods: number;
  events: number;
};

type Now = { life: Life | null };

export async function simulate(seed: number, sandboxUrl: string): Promise<Outcome> {
  const database = await createTestDatabase();
  const owners = new pg.Pool({ connectionString: database.ownerUrl, max: 2 });
  const db = createDb({ url: database.url, max: 2, name: "simulation" });
  const hub = startHub(db, database.url);
  const now: Now = { life: null };
  const door = await openDoor(() => now.life);
  const world = await openWorld(sandboxUrl, {
    name: `sim-${seed}`,
    seed: `simulation ${seed}`,
    webhookBase: `${door.url}/webhooks`,
  });
  const deaths: string[] = [];
  try {
    const clock = manualClock(await world.now());
    const random = createRandom(`simulation ${seed}`);
    const crashes = random.fork("crashes");
    const { credentials } = world;
    const [stripe, paypal] = [
      stripeCompany(credentials.stripe),
      paypalCompany(credentials.paypal, clock.now),
    ];
    const accounts = { stripe: stripe.accountId, paypal: paypal.accountId };
    const place = { databaseUrl: database.url, credentials, accounts, clock, hub };
    // On a machine that is too busy to connect in time a life begins a little later.
    const start = async (tries = 1): Promise<Life> => {
      try {
        now.life = await startLife(place);
        return now.life;
      } catch (error) {
        if (!isWeather(error) || tries === MAX_STARTS) throw error;
        return start(tries + 1);
      }
    };
    const simulation: Simulation = {
      random,
      world,
      companies: [stripe, paypal],
      orgs: [newId("org"), newId("org")],
      purchases: [],
      orders: [],
      async live(act) {
        const life = now.life ?? (await start());
        if (deaths.length < STEPS && crashes.between(1, 100) <= 50)
          life.line.arm(crashes.between(1, MAX_POINTS_AHEAD));
        try {
          return await act(life);
        } catch (error) {
          if (!life.line.dead && !isWeather(error)) throw error;
          return null;
        } finally {
          if (life.line.dead) {
            deaths.push(life.line.epitaph ?? "");
            now.life = null;
            await life.close();
          }
        }
      },
    };
    await subscribeAll(simulation);
    await world.storm();
    await play(simulation, clock, seed % MONTHS_EACH === 0);
    await world.calm();
    await now.life?.close();
    const last = await start();
    await becomeQuiet(simulation, last, clock, () => replay(owners, last, WAITED_IN_VAIN));
    const faults = await compareBooks(owners, db, simulation.companies);
    faults.push(...(await replayEverything(owners, last)));
    const { rows } = await owners.query<{ paid: number; periods: number; events: number }>(
      `select (select count(*)::int from billing.payments where charge_id is not null) as paid,
         (select count(*)::int from billing.invoices where status = 'paid' and reason in ('create', 'cycle')) as periods,
         (select count(*)::int from webhooks.events) as events`,
    );
    return {
      seed,
      faults,
      deaths,
      purchases: simulation.purchases.length,
      paid: rows[0]?.paid ?? 0,
      periods: rows[0]?.periods ?? 0,
      events: rows[0]?.events ?? 0,
    };
  } finally {
    await now.life?.close();
    await close(door, world, hub, db, owners);
    await database.drop();
  }
}

type ManualClock = ReturnType<typeof manualClock>;

async function play(simulation: Simulation, clock: ManualClock, months: boolean): Promise<void> {
  const { random, world } = simulation;
  for (let step = 0; step < STEPS; step += 1) {
    const roll = random.between(1, 100);
    if (roll <= 42) await random.pick(CUSTOMER_ACTS)(simulation);
    else if (roll <= 56) await random.pick(SUBSCRIBER_ACTS)(simulation);
    else if (roll <= 80) await simulation.live((life) => work(life));
    else if (roll <= 90) await simulation.live(random.pick(SWEEPS));
    else if (roll <= 93 && months) await passMonth(simulation, clock);
    else
      await pass(world, clock, random.pick([1_000, 20_000, 61_000, 20 * 60_000, 5 * HOUR_MS, 25 * HOUR_MS]));
    await pass(world, clock, random.between(1, 4_000));
  }
}

/** Time goes on for the company first, which delivers what falls due, then for us. */
async function pass(world: World, clock: ManualClock, ms: number): Promise<void> {
  await world.advance(ms);
  clock.advance(ms);
}

/** Long enough for a period to end, with a worker that lives and dies meanwhile. */
async function passMonth(simulation: Simulation, clock: ManualClock): Promise<void> {
  for (let part = 0; part < PARTS; part += 1) {
    await pass(simulation.world, clock, PART_MS);
    for (const sweep of SWEEPS) await simulation.live(sweep);
    await catchUp(simulation, clock);
    await simulation.live((life) => work(life));
  }
}

/**
 * A company keeps its events for 30 days; in six of them its list is read hundreds of times, and once to its end. Without
 * that, what is missing in the end would be lost by this driver.
 */
async function catchUp(simulation: Simulation, clock: ManualClock): Promise<void> {
  for (let tries = 0; tries < MAX_READINGS; tries += 1) {
    const read = await simulation.live(async ({ inbox }) => {
      await inbox.backfill(never);
      return true;
    });
    if (read) return;
    // A company that failed too often is left alone for a while.
    await pass(simulation.world, clock, MINUTE_MS);
  }
  throw new Error(`the companies' lists could not be read in ${MAX_READINGS} tries`);
}

const never = new AbortController().signal;

async function work({ inbox }: Life): Promise<void> {
  while (await inbox.process(never));
}

type Sweep = (life: Life) => Promise<unknown>;

/** What the worker's loops do besides; each fails by itself. */
const SWEEPS: [Sweep, ...Sweep[]] = [
  ({ inbox }) => inbox.sweep(),
  ({ billing }) => billing.resumePurchases(never),
  ({ billing }) => billing.sweepOrders(never),
  async ({ billing }) => {
    while (await billing.postFees(never));
  },
  ({ inbox }) => inbox.backfill(never),
  ({ billing }) => billing.watch(never),
  ({ billing }) => billing.carryChanges(never),
];

/** What came in while no worker ran is as old as that when it is first looked at, and may wait in vain for its like. */
const REPLAYS = 2;
const WAITED_IN_VAIN = "state = 'dead' and error_detail = 'Waited 3 days'";

async function becomeQuiet(
  { world }: Simulation,
  life: Life,
  clock: ManualClock,
  replayDead: () => Promise<void>,
): Promise<void> {
  for (let round = 0; round < QUIET_ROUNDS; round += 1) {
    if (round < REPLAYS) await replayDead();
    // Long enough for what expires, then soon enough for what is carried on under a key.
    for (const ms of [6 * HOUR_MS, QUARTER_MS]) {
      await pass(world, clock, ms);
      for (const sweep of SWEEPS) await sweep(life);
      await work(life);
    }
  }
}

const STATE = `select json_build_object(
  'payments', (select json_agg(p order by id) from (select id, status, charge_id, refunded_minor from billing.payments) p),
  'subscriptions', (select json_agg(s order by id) from (select id, status, provider_status, version_id, quantity, period_end
    from billing.subscriptions) s),
  'invoices', (select json_agg(i order by id) from (select id, status, paid_minor, payment_id from billing.invoices) i),
  'balances', (select json_agg(b order by org_id, account, unit) from ledger.balances b),
  'transactions', (select count(*) from ledger.transactions))::text as state`;

/** As an operator does with what waited in vain while a company was away. */
async function replay(owners: pg.Pool, { inbox }: Life, which: string): Promise<void> {
  const { rows } = await owners.query<{ id: Id<"evt"> }>(
    `select id from webhooks.events where ${which} order by id`,
  );
  for (const { id } of rows) await inbox.replay(id, "system");
}

/** Replaying all of it changes no row. */
async function replayEverything(owners: pg.Pool, life: Life): Promise<string[]> {
  const state = async () => (await owners.query<{ state: string }>(STATE)).rows[0]?.state;
  const before = await state();
  await replay(owners, life, "true");
  await work(life);
  return (await state()) === before ? [] : ["replaying everything changed rows"];
}

/** What a caller is told when a company or the database is away: to be tried again. */
const isWeather = (error: unknown) =>
  error instanceof Crashed ||
  error instanceof CompanyFault ||
  (error instanceof Problem && error.kind.status >= 429);

async function close(
  door: { close(): Promise<void> },
  world: World,
  hub: TestHub,
  db: Db,
  owners: pg.Pool,
): Promise<void> {
  await world.remove();
  await door.close();
  await hub.close();
  await db.close();
  await owners.end();
}
