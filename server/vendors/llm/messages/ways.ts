/** How models may be asked to think, as Anthropic's list of models says it. Pure. */
import type { ProviderKind } from "../kinds.ts";
import { asList, isFields, type Fields } from "./values.ts";

const TYPES = ["enabled", "adaptive", "between_tools", "disabled"];
/** The least first. */
export const EFFORTS = ["low", "medium", "high", "xhigh", "max"];

export type ThinkingWays = {
  /** Of `thinking`; any other is refused there. */
  types: string[];
  /** Of `output_config.effort`, the least first; none where it knows no effort. */
  efforts: string[];
};
export type ListedWays = ThinkingWays & {
  /** As the provider calls it. */
  model: string;
};

/** False where a company's list does not say it. */
export const listsWays = (kind: ProviderKind): boolean => kind === "anthropic";

const DATE = /-\d{8}$/;

/** Of each model of which the list tells; null where what came is no list. A model with a date is also asked for without it. */
export function readWays(list: unknown): ListedWays[] | null {
  if (!isFields(list) || !Array.isArray(list["data"])) return null;
  const ways = new Map<string, ListedWays>();
  const listed = asList(list["data"]).flatMap(waysOf);
  for (const each of listed) ways.set(each.model, each);
  // The newest come first.
  for (const each of listed.filter(({ model }) => DATE.test(model))) {
    const model = each.model.replace(DATE, "");
    if (!ways.has(model)) ways.set(model, { ...each, model });
  }
  return [...ways.values()];
}

function waysOf({ id, capabilities }: Fields): ListedWays[] {
  if (typeof id !== "string" || id === "" || id.length > 256 || !isFields(capabilities)) return [];
  const { thinking, effort } = capabilities;
  if (!isFields(thinking) || !isFields(thinking["types"])) return [];
  const types = supported(thinking["types"], TYPES);
  // Even a model that never thinks takes one of them.
  return types.length === 0 ? [] : [{ model: id, types, efforts: supported(effort, EFFORTS) }];
}

const supported = (of: unknown, names: readonly string[]): string[] =>
  names.filter((name) => {
    const said = isFields(of) ? of[name] : null;
    return isFields(said) && said["supported"] === true;
  });
