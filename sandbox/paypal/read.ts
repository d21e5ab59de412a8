/** JSON bodies against a schema, refused in PayPal's words. */
import { z } from "zod";
import { PayPalError, type Detail } from "./errors.ts";

type Issue = z.core.$ZodIssue;

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const key of path) found = (found as Record<PropertyKey, unknown> | null | undefined)?.[key];
  return found;
}

function wordOf(issue: Issue, given: unknown): Pick<Detail, "issue" | "description"> {
  if (given === undefined)
    return { issue: "MISSING_REQUIRED_PARAMETER", description: "A required field / parameter is missing." };
  if (issue.code === "too_small" || issue.code === "too_big") {
    if (issue.origin === "string")
      return {
        issue: "INVALID_STRING_LENGTH",
        description: "The value of a field is either too short or too long",
      };
    if (issue.origin === "array")
      return issue.code === "too_small"
        ? {
            issue: "INVALID_ARRAY_MIN_ITEMS",
            description: "The number of items in an array parameter is too small.",
          }
        : {
            issue: "INVALID_ARRAY_MAX_ITEMS",
            description: "The number of items in an array parameter is too large.",
          };
  }
  return issue.code === "invalid_format" || issue.code === "invalid_type"
    ? {
        issue: "INVALID_PARAMETER_SYNTAX",
        description: "The value of a field does not conform to the expected format.",
      }
    : { issue: "INVALID_PARAMETER_VALUE", description: "A parameter value is not valid." };
}

/** The field `input` of a form with files, as JSON text; null when it has none. Files are looked at by nobody here. */
export function inputOf(contentType: string, rawBody: Buffer): Buffer | null {
  const boundary = /boundary="?([^";]{1,200})"?/i.exec(contentType)?.[1];
  if (boundary === undefined) return null;
  for (const part of rawBody.toString("latin1").split(`--${boundary}`)) {
    const end = part.indexOf("\r\n\r\n");
    if (end < 0 || !/;\s*name="?input"?/i.test(part.slice(0, end))) continue;
    return Buffer.from(part.slice(end + 4).replace(/\r\n$/, ""), "latin1");
  }
  return null;
}

/** Of several possibilities the one that came nearest is what PayPal would complain of. */
function leaves(issue: Issue): Issue[] {
  if (issue.code !== "invalid_union") return [issue];
  const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0] ?? [];
  return nearest.length === 0
    ? [issue]
    : nearest.flatMap((inner) => leaves({ ...inner, path: [...issue.path, ...inner.path] }));
}

export function readBody<T>(schema: z.ZodType<T>, rawBody: Buffer): T {
  let given: unknown = {};
  if (rawBody.length > 0) {
    try {
      given = JSON.parse(rawBody.toString());
    } catch (cause) {
      const description = "The request JSON is not well formed.";
      throw new PayPalError(400, "INVALID_REQUEST", {
        details: [
          {
            issue: "MALFORMED_REQUEST_JSON",
            description,
            location: "body",
            field: "/",
            value: String(cause),
          },
        ],
      });
    }
  }
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const details = result.error.issues.flatMap(leaves).map((issue): Detail => {
    const value = at(given, issue.path);
    return {
      field: `/${issue.path.map(String).join("/")}`,
      ...(typeof value === "string" ? { value } : {}),
      location: "body",
      ...wordOf(issue, value),
    };
  });
  throw new PayPalError(400, "INVALID_REQUEST", { details });
}

/** What PayPal's `patch_request` is: RFC 6902. */
export const patchInput = z
  .array(
    z.object({
      op: z.enum(["add", "remove", "replace", "move", "copy", "test"]),
      path: z.string().optional(),
      value: z.unknown().optional(),
    }),
  )
  .min(1);
export type Patch = z.output<typeof patchInput>;
