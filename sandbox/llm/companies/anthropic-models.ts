/** What Anthropic's models may be asked for. */

/** Of `thinking`, and of `output_config.effort`. */
type Ways = { types: readonly string[]; efforts: readonly string[] };

const TYPES = ["adaptive", "between_tools", "disabled", "enabled"];
const EFFORTS = ["low", "medium", "high", "xhigh", "max"];
/** Of the sandbox's own models: all of it. */
const ALL: Ways = { types: TYPES, efforts: EFFORTS };
const WAYS: Readonly<Record<string, Ways>> = {
  "anthropic/claude-haiku-4.5": { types: ["disabled", "enabled"], efforts: [] },
  "anthropic/claude-sonnet-5": { types: ["adaptive", "disabled"], efforts: ["low", "medium", "high", "max"] },
};

export const waysOf = (id: string): Ways => WAYS[id] ?? ALL;

/** As its list of models tells them. */
export function capabilitiesOf(id: string) {
  const { types, efforts } = waysOf(id);
  const said = (names: readonly string[], all: readonly string[]) =>
    Object.fromEntries(all.map((name) => [name, { supported: names.includes(name) }]));
  return {
    thinking: { supported: true, types: said(types, TYPES) },
    effort: { supported: efforts.length > 0, ...said(efforts, EFFORTS) },
  };
}
