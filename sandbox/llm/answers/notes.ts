/** Notes of what somebody said, as JSON, where a prompt marks it and asks for that: by a few turns of phrase, no knowledge. */
import { sentences } from "../tokens/text.ts";

const MARKED = /<said>\n([\s\S]*)\n<\/said>/;
const KNOWN = /^(\d{1,3}): (".*")$/gm;
const FACT = /^(?:i am|i'm|i live|i work|i have|my [\p{L}' -]{1,60} (?:is|are))\b/iu;
const PREFERENCE = /^(?:i prefer|i like|always|call me|please always)\b/iu;
const TOLD = /^(?:please )?remember(?: that|:)?\s+/i;
/** What a sentence is about: all until its verb. */
const ABOUT = /^.*?\b(?:is|are|am|i'm|live|work|have|prefer|like|always|call)\b/iu;

type Prompt = { system: string; user: string };

/** Null for a prompt that asks for no notes. */
export function notesOf({ system, user }: Prompt): string | null {
  const marked = MARKED.exec(user);
  if (!marked || !system.includes(`"facts"`)) return null;
  const known = [...user.matchAll(KNOWN)].map(([, at, text]) => ({ at: Number(at), text: textOf(text) }));
  const facts = (marked[1] ?? "")
    .split("\n")
    .flatMap((line) => sentences(textOf(line)))
    .flatMap((sentence) => {
      const text = sentence.replace(TOLD, "");
      const kind = PREFERENCE.test(text) ? "preference" : "fact";
      if (text === sentence && kind === "fact" && !FACT.test(text)) return [];
      const about = aboutOf(text);
      const before = known.find(
        (each) => about !== null && aboutOf(each.text) === about && each.text !== text,
      );
      return [{ text, kind, importance: text === sentence ? 0.5 : 0.7, replaces: before?.at ?? null }];
    });
  return JSON.stringify({ facts });
}

const aboutOf = (text: string): string | null => ABOUT.exec(text)?.[0].toLowerCase() ?? null;

/** Of a JSON string; nothing for what is none. */
function textOf(line = ""): string {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}
