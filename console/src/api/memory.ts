import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import type {
  AddMemoryData,
  ChangeMemoryData,
  Memory,
  MemorySettings,
  MemoryVersion,
} from "../../../contract/client/types.gen.ts";
import { idempotent, read } from "./http.ts";
import { given, type Listing } from "./operations.ts";
import { PAGE, pages } from "./queries.ts";

export type { Memory, MemorySettings };
export type NewMemoryInput = NonNullable<AddMemoryData["body"]>;
export type MemoryChange = NonNullable<ChangeMemoryData["body"]>;
export type MemoryFilter = { q?: string | undefined; kind?: Memory["kind"] | undefined };

/** Operations about what is remembered of whoever is signed in. */
export const memory = {
  list: (query: Listing & MemoryFilter) => read(sdk.listMemory({ query: given(query) })),
  add: (body: NewMemoryInput, key: string) => read(sdk.addMemory({ body, ...idempotent(key) })),
  change: (id: string, body: MemoryChange) => read(sdk.changeMemory({ path: { id }, body })),
  remove: (id: string) => read(sdk.removeMemory({ path: { id } })),
  clear: () => read(sdk.clearMemory()),
  settings: () => read(sdk.getMemorySettings()),
  choose: (own: MemorySettings["own"]) => read(sdk.putMemorySettings({ body: { own } })),
  /** Everything, page after page. */
  async all(): Promise<MemoryVersion[]> {
    const found: MemoryVersion[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await read(sdk.exportMemory({ query: given({ limit: 100, cursor }) }));
      found.push(...page.data);
      cursor = page.next_cursor;
    }
    return found;
  },
};

export const memoryQueries = {
  list: (filter: MemoryFilter) =>
    pages(["memory", "list", filter], (cursor) => memory.list({ limit: PAGE, cursor, ...filter })),
  settings: () => queryOptions({ queryKey: ["memory", "settings"], queryFn: memory.settings }),
};
