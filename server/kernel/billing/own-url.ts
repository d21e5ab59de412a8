import { Problem, common } from "../../platform/problem.ts";

/** Only our own pages may be returned to. `{CHECKOUT_SESSION_ID}` is filled in by the company. 422 for another address. */
export function ownUrl(baseUrl: string, url: string | undefined, pointer: string, path: string): string {
  const { origin } = new URL(baseUrl);
  if (url === undefined) return origin + path;
  if (!URL.canParse(url) || new URL(url).origin !== origin)
    throw invalid(pointer, "must be an address of this installation");
  return url;
}

export const invalid = (pointer: string, detail: string) =>
  new Problem(common.invalid_input, { errors: [{ pointer, detail }] });
