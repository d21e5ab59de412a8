import { z } from "zod";
import { isId, type Id, type IdPrefix } from "../ids.ts";

/** A bigint that travels as a JSON integer; refuses to write what a reader could not hold exactly (beyond ±2⁵³). */
export const int64 = z
  .codec(z.int(), z.bigint(), {
    decode: (value) => BigInt(value),
    encode: (value) => {
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw new RangeError("amount beyond 2^53");
      return number;
    },
  })
  .meta({ type: "integer", format: "int64" });

/** An instant: Date inside, RFC 3339 UTC outside. */
export const instant = z
  .codec(z.iso.datetime(), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  .meta({ type: "string", format: "date-time" });

/** A path or body id of this prefix. */
export const idParam = <P extends IdPrefix>(prefix: P) =>
  z
    .custom<Id<P>>((value) => isId(prefix, value), `must be an id like ${prefix}_…`)
    .meta({ type: "string", pattern: `^${prefix}_[0-9a-f]{32}$` });

/** A line that a person wrote: kept as it is, never blank. */
export const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.trim() !== "", "must not be blank");

/** `?limit=1..100&cursor=…`; spread into a strict query object. */
export const listQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(25),
  cursor: z.string().max(400).optional(),
};

/** `{data, has_more, next_cursor}`. */
export const listAnswer = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), has_more: z.boolean(), next_cursor: z.string().nullable() });
