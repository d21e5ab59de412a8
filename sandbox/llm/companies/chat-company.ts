/** A company that speaks OpenAI's chat protocol, with books of its own. */
import { hash } from "node:crypto";
import type { Company, Exchange, World } from "../../core/company.ts";
import { FAULT_KINDS } from "../play/behaviour.ts";
import { billOf, listGenerations } from "../bills/bill.ts";
import { chatIn } from "../chat.ts";
import { control } from "../control.ts";
import { sendRefusalIn, type Dialect } from "../answers/dialect.ts";
import { refusalOf } from "../answers/errors.ts";
import { formatUsd } from "../models/price.ts";
import { viewOf } from "../view.ts";

export type Route = (exchange: Exchange) => void | Promise<void>;

type Options = {
  name: string;
  /** What a key begins with, before the world's name. */
  keyPrefix: string;
  /** Below the company's path; where its clients begin. */
  basePath: string;
  /** How a key is shown: a bearer token unless told. */
  keyHeader?: string;
  chat: string;
  dialect: Dialect;
  routes: Readonly<Record<string, Route>>;
};

const WORLD = "([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)";

export function chatCompany({ name, keyPrefix, basePath, chat, dialect, ...rest }: Options): Company {
  const { keyHeader } = rest;
  const routes: Record<string, Route> = {
    [`POST ${chat}`]: (exchange) => chatIn(dialect, exchange),
    ...rest.routes,
  };
  const key = new RegExp(`^${keyHeader ? "" : "Bearer "}${keyPrefix}${WORLD}-[0-9a-f]{32}$`);
  const keyOf = (world: World): string =>
    `${keyPrefix}${world.name}-${hash("sha256", `${name}\n${world.seed}`).slice(0, 32)}`;
  return {
    name,
    faults: FAULT_KINDS,
    worldOf: (headers) => key.exec(String(headers[keyHeader ?? "authorization"] ?? ""))?.[1] ?? null,
    unauthorized: (res) =>
      sendRefusalIn(dialect, res, { status: 401, message: "Incorrect API key provided." }),
    async handle(exchange) {
      const route = routes[`${exchange.method} ${exchange.path}`] ?? matching(routes, exchange);
      const seen = { ...exchange, world: viewOf(exchange.world, name) };
      if (route) await route(seen);
      else sendRefusalIn(dialect, exchange.res, refusalOf(501, "not_implemented"));
    },
    error: (res, status, kind) =>
      sendRefusalIn(dialect, res, refusalOf(kind === "not_implemented" ? 501 : status, kind)),
    credentials: (world) => ({ api_key: keyOf(world), base_url: `${world.baseUrl}/${name}${basePath}` }),
    control: (request) => control({ ...request, world: viewOf(request.world, name) }),
    books: (world) => billOf(viewOf(world, name)),
    objects: (world, limit) =>
      listGenerations(viewOf(world, name), limit).map((g) => ({
        kind: "generation",
        id: g.id,
        created: Math.floor(g.createdMs / 1000),
        state: g.state,
        text: `${g.model}, ${g.counts.prompt} + ${g.counts.completion} tokens, ${formatUsd(g.cost)} USD`,
        body: { ...g, cost: formatUsd(g.cost), promptCost: formatUsd(g.promptCost) },
      })),
    coverage: () => ({
      basis: name === "openai" ? "official" : "unofficial",
      operations: { built: Object.keys(routes), of: null },
      events: { built: [], of: 0 },
    }),
  };
}

/** A route that ends in `/*` takes one more step of the path. */
function matching(routes: Record<string, Route>, { method, path }: Exchange): Route | undefined {
  return routes[`${method} ${path.slice(0, path.lastIndexOf("/"))}/*`];
}

export const json = ({ res }: Pick<Exchange, "res">, body: unknown, status = 200): void => {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
};
