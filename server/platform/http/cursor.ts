import { Problem, common } from "../problem.ts";

/** A list position `(instant, id)` as an opaque string; stable under inserts. */
export function sealCursor(at: Date, id: string): string {
  return Buffer.from(`${at.getTime()}:${id}`).toString("base64url");
}

/** Reads a cursor back; 400 for one that we did not make. */
export function openCursor(cursor: string | undefined): { at: Date; id: string } | null {
  if (cursor === undefined) return null;
  const match = /^(\d{1,15}):([\w:-]{1,200})$/.exec(Buffer.from(cursor, "base64url").toString());
  if (!match) throw new Problem(common.unknown_parameter, { detail: "cursor is not one of ours" });
  return { at: new Date(Number(match[1])), id: match[2] as string };
}
