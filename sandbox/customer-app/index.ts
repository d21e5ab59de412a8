/**
 * A customer's own server, to which Holdfast tells its events: hooks at `/customer-app/{world}/hooks/{name}` that verify
 * Standard Webhooks, note what came and answer as they were told: 200, 500, 410, 302, 429 or never. What came is shown at
 * `/customer-app`; `GET|PUT|DELETE /_sandbox/customer-app/hooks/{name}` reads, sets up and empties a hook.
 */
import type { ServerResponse } from "node:http";
import type { Company, ControlRequest, Exchange, World } from "../core/company.ts";
import { addDelivery, ANSWERS, findHook, listDeliveries, saveHook, type Hook } from "./hooks.ts";
import { servePage } from "./page.ts";
import { verify } from "./verify.ts";

const PATH = /^\/([a-z0-9-]{1,40})\/hooks\/([a-z0-9-]{1,60})$/;

function error(res: ServerResponse, status: number): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ ok: false }));
}

async function handle({ method, path, headers, rawBody, world, res, signal }: Exchange): Promise<void> {
  const name = PATH.exec(path)?.[2];
  if (name === undefined || method !== "POST") return error(res, name === undefined ? 404 : 405);
  const hook = findHook(world, name);
  const body = rawBody.toString("utf8");
  addDelivery(world, {
    hook: name,
    at: new Date(world.clock.now()).toISOString(),
    webhookId: String(headers["webhook-id"] ?? ""),
    type: typeOf(body),
    fault: hook.secret === null ? "no_secret" : verify(headers, rawBody, hook.secret, world.clock.seconds()),
    answered: hook.answer,
    body,
  });
  await answer(res, hook, signal);
}

function typeOf(body: string): string {
  try {
    return String((JSON.parse(body) as { type?: unknown }).type ?? "");
  } catch {
    return "";
  }
}

async function answer(res: ServerResponse, hook: Hook, signal: AbortSignal): Promise<void> {
  if (hook.answer === "never") {
    await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
    return;
  }
  const status = Number(hook.answer);
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (status === 302) headers["location"] = "/_sandbox";
  if (hook.retryAfter !== null) headers["retry-after"] = String(hook.retryAfter);
  res.writeHead(status, headers).end(JSON.stringify({ ok: status === 200 }));
}

function control({ method, path, body, world, answer: reply }: ControlRequest): boolean {
  const name = /^\/hooks\/([a-z0-9-]{1,60})$/.exec(path)?.[1];
  if (name === undefined) return false;
  if (method === "PUT") {
    const {
      answer: wanted = "200",
      secret = null,
      retry_after = null,
    } = (body ?? {}) as Record<string, unknown>;
    const known = ANSWERS.find((each) => each === String(wanted));
    const good =
      known !== undefined &&
      (secret === null || (typeof secret === "string" && secret.length <= 200)) &&
      (retry_after === null || Number.isInteger(retry_after));
    if (!good) {
      const detail = `answer is one of ${ANSWERS.join(", ")}; secret a text; retry_after whole seconds`;
      reply(422, { type: "about:blank", title: "That makes no sense here", status: 422, detail });
      return true;
    }
    saveHook(world, {
      name,
      answer: known,
      secret: secret as string | null,
      retryAfter: retry_after as number | null,
    });
  } else if (method === "DELETE")
    world.store.run("delete from customer_deliveries where hook = ?", findHook(world, name).name);
  else if (method !== "GET") return false;
  const { secret: kept, retryAfter, ...hook } = findHook(world, name);
  reply(200, {
    hook: { ...hook, has_secret: kept !== null, retry_after: retryAfter },
    deliveries: listDeliveries(world, name).map(({ webhookId, ...row }) => ({
      ...row,
      webhook_id: webhookId,
    })),
  });
  return true;
}

export const customerApp: Company = {
  name: "customer-app",
  worldOf: (_, { path }) => PATH.exec(path)?.[1] ?? null,
  unauthorized: (res) => error(res, 404),
  error,
  handle,
  credentials: (world: World) => ({ hooks_url: `${world.baseUrl}/customer-app/${world.name}/hooks` }),
  page: (page) => Promise.resolve(servePage(page)),
  control: (request) => Promise.resolve(control(request)),
  objects: (world, limit) =>
    listDeliveries(world, null)
      .slice(-limit)
      .reverse()
      .map((one) => ({
        kind: "delivery",
        id: one.webhookId,
        created: Math.floor(Date.parse(one.at) / 1000),
        state: one.fault ?? "verified",
        text: one.type,
        body: one,
      })),
};
