/** What was thought, so that it can be sent again: a chat's `reasoning_details`, packed into the `encrypted_content` of an item. Pure. */
import { bad, isFields, listOf, reasoningOf, textOr, type Fields } from "../fields.ts";

/** Tells ours from those of another gateway. Nothing in it is secret: who signed a thought checks it again. */
const OURS = "holdfast1.";
const MOST_DETAILS = 10_000;
const MEMBERS = ["type", "id", "format", "index", "text", "summary", "signature", "data"] as const;
/** Pieces of these belong together. */
const PIECED: Readonly<Record<string, "text" | "summary">> = {
  "reasoning.text": "text",
  "reasoning.summary": "summary",
};

/** What a message or delta says of thoughts; a text that comes alone is a detail that nobody signed. */
export function detailsIn(said: Fields): Fields[] {
  const details = listOf(said["reasoning_details"]).flatMap(detailOf);
  const text = reasoningOf(said);
  if (details.length > 0 || text === "") return details;
  return [{ type: "reasoning.text", text, format: "unknown", index: 0 }];
}

/** Its members that are plain values; no list where it is none. */
function detailOf(detail: Fields): Fields[] {
  const known = MEMBERS.flatMap((name) => {
    const value = detail[name];
    return typeof value === "string" || typeof value === "number" ? [[name, value] as const] : [];
  });
  const kept: Fields = Object.fromEntries(known);
  return String(kept["type"]).startsWith("reasoning.") ? [kept] : [];
}

/** Adds what a stream brings: a thought grows until it is signed or another begins. */
export function addDetails(details: Fields[], pieces: readonly Fields[]): void {
  for (const piece of pieces) {
    const last = details.at(-1);
    const member = PIECED[String(piece["type"])];
    if (
      last === undefined ||
      member === undefined ||
      last["type"] !== piece["type"] ||
      last["index"] !== piece["index"] ||
      textOr(last["signature"], "") !== ""
    )
      details.push({ ...piece });
    else Object.assign(last, piece, { [member]: textOr(last[member], "") + textOr(piece[member], "") });
  }
}

/** Null for no thought. */
export const packed = (details: readonly Fields[]): string | null =>
  details.length === 0 ? null : OURS + Buffer.from(JSON.stringify(details)).toString("base64url");

/** The thoughts of an item that is sent again; none where they are another's. 400 for what is no text. */
export function unpacked(content: unknown, pointer: string): Fields[] {
  if (content === undefined || content === null) return [];
  if (typeof content !== "string") return bad(pointer, "must be a text");
  if (!content.startsWith(OURS)) return [];
  const details = parse(Buffer.from(content.slice(OURS.length), "base64url").toString());
  return Array.isArray(details) && details.length <= MOST_DETAILS
    ? details.filter(isFields).flatMap(detailOf)
    : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
