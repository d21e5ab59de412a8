import type { z } from "zod";
import { configSchema } from "../server/config.ts";

/** `.env.example`: every variable with its meaning and default, required ones uncommented. */
export function environmentExample(): string {
  const lines = Object.entries(configSchema.shape).map(([name, schema]) => {
    const required = !(schema as z.ZodType).safeParse(undefined).success;
    const preset = inner(schema as z.ZodType);
    const value = preset === undefined ? "" : String(preset);
    return `# ${describe(schema as z.ZodType)}\n${required ? "" : "# "}${name}=${value}\n`;
  });
  return `# Written by bin/generate from server/config.ts. Each variable may also be read from a file: NAME_FILE=path.\n\n${lines.join("\n")}`;
}

type Wrapped = { _zod: { def: { defaultValue?: unknown; innerType?: z.ZodType; in?: z.ZodType } } };

/** The default, wherever in a chain of wrappers it stands. */
function inner(schema: z.ZodType): unknown {
  const { defaultValue, innerType, in: input } = (schema as unknown as Wrapped)._zod.def;
  if (defaultValue !== undefined) return defaultValue;
  const next = innerType ?? input;
  return next ? inner(next) : undefined;
}

function describe(schema: z.ZodType): string {
  const { innerType, in: input } = (schema as unknown as Wrapped)._zod.def;
  const next = innerType ?? input;
  return schema.description ?? (next ? describe(next) : "");
}
