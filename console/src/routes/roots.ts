import { createRootRoute, createRoute, Outlet } from "@tanstack/react-router";
import { Shell } from "../shell/shell.tsx";

export type Search = Record<string, unknown>;

/** Keeps the named members of the address that are text; all else is dropped. */
export const texts =
  <K extends string>(...names: K[]) =>
  (search: Search): { [name in K]?: string } => {
    const kept: { [name in K]?: string } = {};
    // The router reads `?buy=1` as a number.
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" || typeof value === "number") kept[name] = String(value);
    }
    return kept;
  };

export const root = createRootRoute({ component: Outlet });
/** Everything behind the sign-in. */
export const app = createRoute({ getParentRoute: () => root, id: "app", component: Shell });
