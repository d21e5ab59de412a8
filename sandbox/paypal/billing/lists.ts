import type { World } from "../../core/company.ts";
import { link, type Entry, type Link } from "../books.ts";
import { PayPalError } from "../errors.ts";

/** The numbers of a page, as the catalogue asks for them. */
function whole(query: URLSearchParams, name: string, otherwise: number, most: number): number {
  const text = query.get(name) ?? String(otherwise);
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < 1 || value > most)
    throw new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          field: name,
          location: "query",
          issue: "INVALID_PARAMETER_VALUE",
          description: "The value of a field is invalid.",
        },
      ],
    });
  return value;
}

/** One page of what was found, newest first, named as PayPal names it. */
export function listPage<B extends { id: string }>(
  world: World,
  name: "products" | "plans",
  path: string,
  query: URLSearchParams,
  found: readonly Entry<B, unknown>[],
  show: (body: B) => Record<string, unknown>,
): Record<string, unknown> {
  const size = whole(query, "page_size", 10, 20);
  const page = whole(query, "page", 1, 100_000);
  const pages = Math.ceil(found.length / size);
  const at = (number: number, rel: string): Link => {
    const other = new URLSearchParams(query);
    other.set("page", String(number));
    return link(world, `${path}?${other.toString()}`, rel);
  };
  const total = query.get("total_required") === "true";
  return {
    [name]: found
      .toReversed()
      .slice((page - 1) * size, page * size)
      .map(({ body }) => show(body)),
    ...(total ? { total_items: found.length, total_pages: pages } : {}),
    links: [at(page, "self"), ...(page < pages ? [at(page + 1, "next")] : [])],
  };
}
