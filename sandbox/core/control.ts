import type { IncomingMessage, ServerResponse } from "node:http";
import type { z } from "zod";
import type { Company } from "./company.ts";
import { clockInput, faultInput, presetInput, triggerInput, worldInput, worldOnly } from "./control-input.ts";
import { CALL_FAULTS, MAX_FAULTS } from "./faults.ts";
import { pageAsset } from "./page.ts";
import { presetFaults } from "./presets.ts";
import { asCurl } from "./recorder.ts";
import type { OpenWorld } from "./world.ts";
import { MAX_WORLDS, type NewWorld, type Worlds } from "./worlds.ts";

/** How long a reader of a mailbox may wait for a mail. */
const MAX_WAIT_SECONDS = 30;

export type ControlCall = {
  req: IncomingMessage;
  res: ServerResponse;
  path: string;
  query: URLSearchParams;
  rawBody: Buffer | null;
};
export type Control = (call: ControlCall) => Promise<void>;

/** What a control operation refuses, as an RFC 9457 problem. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: { pointer: string; detail: string }[];
  constructor(
    status: number,
    code: string,
    detail: string,
    errors: { pointer: string; detail: string }[] = [],
  ) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

type Act = {
  method: string;
  params: string[];
  query: URLSearchParams;
  body: unknown;
  /** Aborted when the client goes away. */
  signal: AbortSignal;
};
type Operation = (act: Act) => unknown;

function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({
    pointer: `/${issue.path.join("/")}`,
    detail: issue.message,
  }));
  throw new Refusal(422, "invalid_input", "The input does not match what this operation takes.", errors);
}

function integer(query: URLSearchParams, name: string, most: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text) || Number(text) > most) {
    throw new Refusal(422, "invalid_input", `${name} is an integer up to ${most}.`);
  }
  return Number(text);
}

/** The query without what was not given; refuses names it does not know. */
function pick(query: URLSearchParams, names: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of query) {
    if (name !== "world" && !names.includes(name))
      throw new Refusal(422, "invalid_input", `Unknown filter: ${name}.`);
    if (name !== "world") found[name] = value;
  }
  return found;
}

export function createControl(companies: readonly Company[], worlds: Worlds): Control {
  const operations = buildOperations(companies, worlds);
  const getWorld = worldGetter(worlds);
  return async ({ req, res, path, query, rawBody }) => {
    const method = req.method ?? "GET";
    const answer = (status: number, body: unknown): void => {
      res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
      res.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (method === "GET") {
      const asset = pageAsset(path);
      if (asset !== null) return void res.writeHead(200, asset.headers).end(asset.body);
    }
    try {
      refuseForeign(req);
      const body = readJson(rawBody);
      const [first = "", ...rest] = path.slice(1).split("/").map(decodeURIComponent);
      const operation = operations[`${method} ${first}/${rest.map(() => "*").join("/")}`.replace(/\/$/, "")];
      if (operation !== undefined) {
        const gone = new AbortController();
        res.once("close", () => gone.abort());
        const result = await operation({ method, params: rest, query, body, signal: gone.signal });
        const created = method === "POST" && (first === "worlds" || first === "faults");
        return answer(created ? 201 : 200, result);
      }
      const company = companies.find((c) => c.name === first);
      const world = company === undefined ? null : getWorld(query.get("world") ?? "default");
      const own = { method, path: `/${rest.join("/")}`, query, body };
      if (world !== null && (await company?.control?.({ ...own, world, answer })) === true) return;
      throw new Refusal(404, "not_found", `There is no ${method} /_sandbox${path}.`);
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause;
      res.writeHead(cause.status, { "content-type": "application/problem+json" });
      const { status, code, errors } = cause;
      res.end(
        JSON.stringify({ type: "about:blank", title: code, status, detail: cause.message, code, errors }),
      );
    }
  };
}

/** A web page elsewhere must not steer the sandbox through a visitor's browser. */
function refuseForeign(req: IncomingMessage): void {
  const host = (req.headers.host ?? "").replace(/:\d+$/, "");
  const local = host === "127.0.0.1" || host === "localhost" || host.endsWith(".localhost");
  const origin = req.headers.origin;
  if (!local || (origin !== undefined && origin !== `http://${req.headers.host}`)) {
    throw new Refusal(
      403,
      "foreign_origin",
      "The sandbox is controlled from its own page and from this machine only.",
    );
  }
}

function readJson(rawBody: Buffer | null): unknown {
  if (rawBody === null) throw new Refusal(413, "too_large", "The body is too long.");
  if (rawBody.length === 0) return null;
  try {
    return JSON.parse(rawBody.toString()) as unknown;
  } catch (cause) {
    throw new Refusal(422, "invalid_input", `The body is not JSON: ${String(cause)}`);
  }
}

const worldGetter =
  (worlds: Worlds) =>
  (name: string): OpenWorld => {
    const world = worlds.find(name);
    if (world === null) throw new Refusal(404, "no_such_world", `There is no world named ${name}.`);
    return world;
  };

function buildOperations(companies: readonly Company[], worlds: Worlds): Record<string, Operation> {
  const get = worldGetter(worlds);
  const named = (act: Act): OpenWorld => {
    const inBody = (act.body as { world?: unknown } | null)?.world;
    return get(typeof inBody === "string" ? inBody : (act.query.get("world") ?? "default"));
  };
  return {
    ...worldOperations(companies, worlds, get, named),
    ...faultOperations(companies, named),
    ...viewOperations(companies, named),
    ...mailboxOperations(companies, named),
    "POST trigger": async (act) => {
      const { company: name, event } = parse(triggerInput, act.body);
      const trigger = companies.find((c) => c.name === name)?.triggers?.[event];
      if (trigger === undefined)
        throw new Refusal(422, "invalid_input", `${name} cannot trigger ${event} here.`);
      await trigger(named(act) as never);
      return { triggered: event };
    },
  };
}

function worldOperations(
  companies: readonly Company[],
  worlds: Worlds,
  get: (name: string) => OpenWorld,
  named: (act: Act) => OpenWorld,
): Record<string, Operation> {
  const credentials = (world: OpenWorld): Record<string, unknown> => ({
    name: world.name,
    seed: world.seed,
    clock: {
      mode: world.clock.mode,
      speed: world.clock.state.speed,
      now: new Date(world.clock.now()).toISOString(),
    },
    webhook_base: world.webhookBase,
    recording: world.recording,
    ...Object.fromEntries(companies.map((company) => [company.name, company.credentials(world)])),
  });
  return {
    "GET worlds": () => ({ data: worlds.all().map(credentials) }),
    "GET worlds/*": ({ params }) => credentials(get(params[0] ?? "")),
    "POST worlds": ({ body }) => credentials(makeWorld(worlds, parse(worldInput, body))),
    "DELETE worlds/*": async ({ params }) => {
      const name = params[0] ?? "";
      get(name);
      if (name === "default")
        throw new Refusal(422, "invalid_input", "The default world can be reset, not deleted.");
      return { deleted: await worlds.remove(name) };
    },
    "POST reset": async (act) => {
      parse(worldOnly, act.body);
      const world = await worlds.reset(named(act).name);
      return world === null ? null : credentials(world);
    },
    "GET clock": (act) => credentials(named(act))["clock"],
    "POST clock": async (act) => {
      const { mode, speed, to, advance } = parse(clockInput, act.body);
      const world = named(act);
      if (mode !== undefined || speed !== undefined) {
        world.clock.change(mode ?? world.clock.mode, speed ?? (world.clock.state.speed || 1));
        world.saveSettings();
      }
      const target = to ?? (advance === undefined ? undefined : world.clock.now() + advance);
      if (target !== undefined && target < world.clock.now()) {
        throw new Refusal(422, "invalid_input", "A clock does not go back; reset the world instead.");
      }
      const done = target === undefined ? 0 : await world.advanceTo(target);
      world.poke();
      return { ...(credentials(world)["clock"] as object), done };
    },
  };
}

function makeWorld(worlds: Worlds, input: z.infer<typeof worldInput>): OpenWorld {
  const count = worlds.all().length;
  const options: NewWorld = { name: input.name ?? `world-${count + 1}` };
  if (worlds.find(options.name) === null && count >= MAX_WORLDS) {
    throw new Refusal(422, "too_many_worlds", `At most ${MAX_WORLDS} worlds at once.`);
  }
  if (input.seed !== undefined) options.seed = input.seed;
  if (input.webhook_base !== undefined) options.webhookBase = input.webhook_base;
  if (input.clock !== undefined) {
    const at = "at" in input.clock ? input.clock.at : undefined;
    options.clock = at === undefined ? { mode: input.clock.mode } : { mode: input.clock.mode, at };
  }
  const world = worlds.create(options);
  if (input.recording !== undefined) {
    world.recording = input.recording;
    world.saveSettings();
  }
  return world;
}

function faultOperations(
  companies: readonly Company[],
  named: (act: Act) => OpenWorld,
): Record<string, Operation> {
  const input = faultInput(companies);
  const names = companies.map((company) => company.name);
  return {
    "GET faults": (act) => ({ data: named(act).faults.list() }),
    "POST faults": (act) => {
      const { world: _world, effect, ...fault } = parse(input, act.body);
      const { faults } = named(act);
      if (faults.list().length >= MAX_FAULTS) {
        throw new Refusal(422, "too_many_faults", `At most ${MAX_FAULTS} faults in a world.`);
      }
      return faults.add({
        ...fault,
        match: fault.match as Record<string, string>,
        effect: effect ?? (fault.on === "call" ? (CALL_FAULTS[fault.fault] ?? "none") : "none"),
      });
    },
    "DELETE faults": (act) => {
      named(act).faults.clear();
      return { data: [] };
    },
    "DELETE faults/*": (act) => {
      if (!named(act).faults.remove(act.params[0] ?? ""))
        throw new Refusal(404, "not_found", "There is no such fault.");
      return { deleted: true };
    },
    "POST preset": (act) => {
      const { preset, company } = parse(presetInput, act.body);
      if (company !== undefined && !names.includes(company)) {
        throw new Refusal(422, "invalid_input", `company is one of ${names.join(", ")}.`);
      }
      const { faults } = named(act);
      faults.clear();
      for (const fault of presetFaults(preset, company ?? null, names)) faults.add(fault);
      return { preset, data: faults.list() };
    },
  };
}

function viewOperations(
  companies: readonly Company[],
  named: (act: Act) => OpenWorld,
): Record<string, Operation> {
  const recording = (act: Act): { world: OpenWorld; id: number } => ({
    world: named(act),
    id: Number(/^\d{1,12}$/.exec(act.params[0] ?? "")?.[0] ?? -1),
  });
  return {
    "GET recordings": (act) => {
      const { company, path } = pick(act.query, ["company", "path", "status", "since", "limit"]);
      const status = integer(act.query, "status", 599);
      const since = integer(act.query, "since", 1e15);
      const data = named(act).recorder.list({
        limit: integer(act.query, "limit", 10_000) ?? 100,
        ...(company === undefined ? {} : { company }),
        ...(path === undefined ? {} : { path }),
        ...(status === undefined ? {} : { status }),
        ...(since === undefined ? {} : { since }),
      });
      return { data };
    },
    "GET recordings/*": (act) => {
      const { world, id } = recording(act);
      const found = world.recorder.find(id);
      if (found === null) throw new Refusal(404, "not_found", "There is no such recording.");
      return { ...found, curl: asCurl(found, world.baseUrl) };
    },
    "GET webhooks": (act) => {
      const filter = pick(act.query, ["state", "event", "limit"]);
      const limit = integer(act.query, "limit", 10_000) ?? 100;
      const { state, event } = filter;
      return {
        data: named(act).webhooks.list({
          limit,
          ...(state === undefined ? {} : { state }),
          ...(event === undefined ? {} : { event }),
        }),
      };
    },
    "POST webhooks/*/*": (act) => {
      const { world, id } = recording(act);
      if (act.params[1] !== "resend" || !world.webhooks.resend(id)) {
        throw new Refusal(404, "not_found", "There is no such delivery.");
      }
      return { resent: id };
    },
    "GET objects": (act) => ({
      data: companies.flatMap((company) =>
        (company.objects?.(named(act), integer(act.query, "limit", 1_000) ?? 50) ?? []).map((object) => ({
          company: company.name,
          ...object,
        })),
      ),
    }),
    "GET books": (act) =>
      Object.fromEntries(companies.map((company) => [company.name, company.books?.(named(act)) ?? null])),
    "GET coverage": () => ({
      companies: Object.fromEntries(companies.map((company) => [company.name, company.coverage?.() ?? null])),
      triggers: Object.fromEntries(
        companies.map((company) => [company.name, Object.keys(company.triggers ?? {})]),
      ),
    }),
  };
}

function mailboxOperations(
  companies: readonly Company[],
  named: (act: Act) => OpenWorld,
): Record<string, Operation> {
  const company = companies.find(({ mailbox }) => mailbox !== undefined);
  return {
    "GET mailbox": async (act) => {
      const { to } = pick(act.query, ["to", "since", "wait"]);
      const filter = {
        to: to === undefined ? null : to.trim().toLowerCase(),
        since: integer(act.query, "since", 1e15) ?? 0,
      };
      const waitMs = (integer(act.query, "wait", MAX_WAIT_SECONDS) ?? 0) * 1_000;
      return { data: (await company?.mailbox?.(named(act), filter, waitMs, act.signal)) ?? [] };
    },
  };
}
