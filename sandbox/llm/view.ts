import type { World } from "../core/company.ts";

const FIRST = "openrouter";

type View = World & { readonly llm: string };

/** Whose books these are. */
export const nameOf = (world: World): string => (world as Partial<View>).llm ?? FIRST;

/** The world as one of the companies sees it: with books, settings and memory of its own. */
export function viewOf(world: World, name: string): World {
  const key = `llm.${name}`;
  const known = world.memory.get(key) as View | undefined;
  if (known !== undefined) return known;
  const view = Object.create(world, {
    llm: { value: name },
    memory: { value: new Map<string, unknown>() },
  }) as View;
  world.memory.set(key, view);
  return view;
}
