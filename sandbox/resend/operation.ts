import type { World } from "../core/company.ts";

/** One call, its body read; `id` is the variable of the path. */
export type Call = {
  world: World;
  id: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
};
