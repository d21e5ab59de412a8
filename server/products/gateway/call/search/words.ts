/** A search in the words of who is asked. Pure. */
import type { ProviderKind } from "../../../../vendors/llm/index.ts";
import type { Fields, Search } from "../chat.ts";

/** Every field in which somebody asks for one. */
export const SEARCH_FIELDS = ["plugins", "web_search_options"];

type Words = {
  field: string;
  /** Options that have a word there. */
  says: readonly string[];
  value(options: Fields, most: number): unknown;
};

const approximate = ({ user_location: where }: Fields): Fields =>
  where === undefined ? {} : { user_location: { type: "approximate", ...(where as Fields) } };

const OPENROUTER: Words = {
  field: "plugins",
  says: ["user_location", "allowed_domains", "blocked_domains", "max_results"],
  value: ({ allowed_domains, blocked_domains, max_results, ...rest }, most) => [
    {
      id: "web",
      engine: "native",
      max_uses: most,
      ...(max_results !== undefined && { max_results }),
      ...(allowed_domains !== undefined && { include_domains: allowed_domains }),
      ...(blocked_domains !== undefined && { exclude_domains: blocked_domains }),
      ...approximate(rest),
    },
  ],
};

/** Read by who translates chats to Messages. */
const ANTHROPIC: Words = {
  field: "web_search_options",
  says: ["user_location", "allowed_domains", "blocked_domains"],
  value: (options, most) => ({ ...options, max_uses: most, ...approximate(options) }),
};

const OPENAI: Words = {
  field: "web_search_options",
  says: ["search_context_size", "user_location"],
  value: ({ search_context_size, user_location: where }) => ({
    ...(search_context_size !== undefined && { search_context_size }),
    ...(where !== undefined && { user_location: { type: "approximate", approximate: where } }),
  }),
};

const wordsOf = (kind: ProviderKind): Words =>
  kind === "openrouter" ? OPENROUTER : kind === "anthropic" ? ANTHROPIC : OPENAI;

/** The field of a chat that asks for it there. */
export function searchField(kind: ProviderKind, { options, most }: Search): [name: string, json: string] {
  const { field, says, value } = wordsOf(kind);
  const said = Object.fromEntries(Object.entries(options).filter(([name]) => says.includes(name)));
  return [field, JSON.stringify(value(said, most))];
}

/** Options that have no word there, as they are named to callers. */
export const unsaidOf = (kind: ProviderKind, { options }: Search): string[] =>
  Object.keys(options)
    .filter((name) => !wordsOf(kind).says.includes(name))
    .map((name) => `web_search.${name}`);
