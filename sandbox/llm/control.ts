import type { ControlRequest } from "../core/company.ts";
import { heldCalls, releaseCalls } from "./bills/holds.ts";
import { changeSettings, settingsOf } from "./settings.ts";

const wrong = (request: ControlRequest, detail: string): boolean => {
  request.answer(422, { type: "about:blank", title: "That makes no sense here", status: 422, detail });
  return true;
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Below `/_sandbox/openrouter`: settings of the world, and the calls held open in it. */
export function control(request: ControlRequest): Promise<boolean> {
  return Promise.resolve(dispatch(request));
}

function dispatch(request: ControlRequest): boolean {
  const { method, path, body, world } = request;
  switch (`${method} ${path}`) {
    case "GET /settings":
      request.answer(200, settingsOf(world));
      return true;
    case "PATCH /settings": {
      if (!isObject(body)) return wrong(request, "the body must be an object of settings");
      const changed = changeSettings(world, body);
      if ("wrong" in changed) return wrong(request, changed.wrong);
      request.answer(200, changed);
      return true;
    }
    case "GET /holds":
      request.answer(200, { waiting: heldCalls(world) });
      return true;
    case "POST /holds/release": {
      if (!isObject(body) || typeof body["name"] !== "string") return wrong(request, "name must be a string");
      const later = body["later"] ?? false;
      if (typeof later !== "boolean") return wrong(request, "later must be a boolean");
      request.answer(200, { released: releaseCalls(world, body["name"], later) });
      return true;
    }
    default:
      return false;
  }
}
