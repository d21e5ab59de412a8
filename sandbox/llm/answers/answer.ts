/**
 * What the models say: a few honest rules over the prompt, no knowledge of their own. The same seed, model,
 * messages and tools always give the same answer.
 */
import { hash } from "node:crypto";
import { fillSchema, jsonAnswer } from "./answer-json.ts";
import { notesOf } from "./notes.ts";
import type { Chat, Message, Tool } from "../request.ts";
import { longestBlock, overlap, quoted, sentences, words } from "../tokens/text.ts";

/** Answers and what they are made from are cut here, in characters. */
export const MAX_ANSWER = 8_192;
const MAX_READ = 16_384;

export type Answer = { text: string } | { tool: { name: string; args: string } };

/** Picks by (seed, model, request): another world or model words the same thing differently. */
export function chooser(key: string): (options: readonly string[]) => string {
  const bytes = hash("sha1", key, "buffer");
  let at = 0;
  return (options) => options[(bytes[at++ % bytes.length] ?? 0) % options.length] ?? "";
}

function lastOf(messages: readonly Message[], role: Message["role"]): string {
  return messages.findLast((message) => message.role === role)?.text.slice(0, MAX_READ) ?? "";
}

type Pick = ReturnType<typeof chooser>;
type Rule = { asks: RegExp; say(prompt: string, pick: Pick, chat: Chat): string | null };

/** The sentences that carry most of the text's own frequent words, in their order. */
function gist(text: string, count: number): string[] {
  const all = sentences(text);
  const seen = new Map<string, number>();
  for (const word of words(text)) seen.set(word, (seen.get(word) ?? 0) + 1);
  const weight = (sentence: string): number => {
    const own = words(sentence);
    return own.reduce((sum, word) => sum + (seen.get(word) ?? 0), 0) / Math.sqrt(own.length + 1);
  };
  const best = new Set(all.toSorted((a, b) => weight(b) - weight(a)).slice(0, count));
  return all.filter((sentence) => best.has(sentence));
}

const GOOD = /\b(good|great|love|happy|excellent|thanks?|perfect|fast|helpful|works?|pleased|best)\b/gi;
const BAD =
  /\b(bad|late|broken|angry|refund|terrible|slow|never|wrong|fail\w*|poor|worst|hate|complain\w*|not)\b/gi;

function classify(prompt: string): string {
  const list =
    /(?:one of|as|into|labels?|categories|classes|options)\s*:?\s*((?:[\w /'"-]{1,40}(?:,|\bor\b|\|)\s*)+[\w /'"-]{1,40})/i.exec(
      prompt,
    );
  const options = (list?.[1] ?? "")
    .split(/,|\||\bor\b/i)
    .map((s) => s.replace(/["'.]/g, "").trim())
    .filter((s) => s !== "");
  const text = list === null ? prompt : prompt.replace(list[0], " ");
  const mood = (text.match(GOOD)?.length ?? 0) - (text.match(BAD)?.length ?? 0);
  const feeling = mood > 0 ? "positive" : mood < 0 ? "negative" : "neutral";
  if (options.length === 0) return feeling;
  const named = options.find((option) => option.toLowerCase() === feeling);
  const scored = options.map((option) => ({ option, score: overlap(words(option), words(text)) }));
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  return best !== undefined && best.score > 0 ? best.option : (named ?? options[0] ?? feeling);
}

function compute(prompt: string): string | null {
  const sum = /(-?\d{1,15}(?:\.\d{1,6})?)\s*([-+*/×x÷])\s*(-?\d{1,15}(?:\.\d{1,6})?)/.exec(prompt);
  if (sum === null) return null;
  const [a, b] = [Number(sum[1]), Number(sum[3])];
  const sign = sum[2] ?? "+";
  if ((sign === "/" || sign === "÷") && b === 0) return "Division by zero has no result.";
  const value = sign === "+" ? a + b : sign === "-" ? a - b : sign === "/" || sign === "÷" ? a / b : a * b;
  return `${sum[0].trim()} = ${Number(value.toPrecision(12))}`;
}

function draft(prompt: string, pick: Pick): string {
  const name = /\b(?:to|for|from|dear)\s+(?:(?:Mr|Ms|Mrs|mr|ms|mrs)\.?\s+)?([A-Z][a-z]{1,20})\b/.exec(
    prompt,
  )?.[1];
  const points = gist(longestBlock(prompt), 3);
  const opening = pick([
    "Thank you for your message.",
    "Thank you for getting in touch.",
    "Thanks for writing to us.",
  ]);
  const close = pick(["Kind regards", "Best regards", "With kind regards"]);
  const body = points.map((point) => `- ${point}`).join("\n");
  return `Hello${name === undefined ? "" : ` ${name}`},\n\n${opening} This is what we understood:\n${body}\n\nWe will come back to you on each of these points.\n\n${close}`;
}

/** Tried in this order; the first whose question fits and that has something to say answers. */
const RULES: readonly Rule[] = [
  {
    asks: /\b(?:say|repeat|echo|reply with|answer with|respond with|output|print)\b/i,
    say: (prompt) =>
      quoted(prompt) ??
      /\b(?:reply|answer|respond) with (?:exactly|only|just)?:?\s*(\S[^\n]{0,200})/i.exec(prompt)?.[1] ??
      null,
  },
  {
    asks: /\b(summari[sz]e|summary|tl;?dr|in short|key points)\b/i,
    say: (prompt, pick) =>
      `${pick(["In short:", "Summary:", "The main points:"])} ${gist(longestBlock(prompt), 2).join(" ")}`,
  },
  { asks: /\b(classify|classification|categori[sz]e|label|sentiment|which category)\b/i, say: classify },
  {
    asks: /\b(draft|write|compose)\b[^.?!\n]{0,60}\b(reply|answer|response|e-?mail|letter|message)\b/i,
    say: draft,
  },
  {
    asks: /\b(tidy|rewrite|rephrase|correct|proofread|clean up)\b/i,
    say: (prompt) =>
      sentences(longestBlock(prompt))
        .map(
          (s) =>
            s.charAt(0).toUpperCase() +
            s
              .slice(1)
              .replace(/\s+/g, " ")
              .replace(/([^.!?])$/, "$1."),
        )
        .join(" "),
  },
  {
    asks: /\b(list|bullets?|steps|to-?dos?|action items)\b/i,
    say: (prompt) =>
      gist(longestBlock(prompt), 8)
        .map((s, at) => `${at + 1}. ${s}`)
        .join("\n"),
  },
  { asks: /\d\s*[-+*/×x÷]\s*-?\d/, say: compute },
  {
    asks: /^\W*(hi|hello|hey|good (morning|day|evening))\b/i,
    say: (_, pick) =>
      pick([
        "Hello! What can I do for you?",
        "Hi there. How can I help?",
        "Hello. What would you like to do?",
      ]),
  },
];

/** Looks the question up in everything else that was said; else says plainly what was understood. */
function lookUp(prompt: string, pick: Pick, chat: Chat): string {
  const asked = words(prompt);
  let context = "";
  for (const message of chat.messages) {
    if (message.role !== "tool") context += `${message.text.slice(0, MAX_READ)}\n`;
    if (context.length > MAX_READ) break;
  }
  const scored = sentences(context)
    .filter((sentence) => !sentence.endsWith("?") && !prompt.trim().startsWith(sentence))
    .map((sentence) => ({ sentence, score: overlap(asked, words(sentence)) }));
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  if (best !== undefined && best.score >= 2)
    return `${pick(["From what you told me:", "You said:", "According to the text:"])} ${best.sentence}`;
  const topics = [...new Set(asked)].slice(0, 5).join(", ");
  const about = topics === "" ? "your message" : `your message about ${topics}`;
  return `${pick(["I have read", "Thank you for", "I looked at"])} ${about}. I am a model on this machine and know only what the prompt says; give me the text to work on and I can summarise, classify, list or answer it.`;
}

function answerText(prompt: string, pick: Pick, chat: Chat): string {
  for (const rule of RULES) {
    if (!rule.asks.test(prompt)) continue;
    const said = rule.say(prompt, pick, chat);
    if (said !== null && said.trim() !== "") return said;
  }
  return lookUp(prompt, pick, chat);
}

/** The tool whose name, description and parameters share most words with the request; null when none does. */
function toolFor(chat: Chat, prompt: string): Tool | null {
  if (chat.toolChoice === "none" || chat.tools.length === 0) return null;
  const choice = chat.toolChoice;
  if (typeof choice === "object") return chat.tools.find((tool) => tool.name === choice.name) ?? null;
  if (choice === "auto" && chat.messages.at(-1)?.role === "tool") return null;
  const asked = words(prompt);
  const scored = chat.tools.map((tool) => {
    const own = words(`${tool.name.replace(/[_.:-]|(?<=[a-z])(?=[A-Z])/g, " ")} ${tool.description}`);
    return { tool, score: overlap(asked, own) };
  });
  const best = scored.toSorted((a, b) => b.score - a.score)[0];
  return best !== undefined && (best.score > 0 || choice === "required") ? best.tool : null;
}

/** Answers a chat. `seed` is the world's. */
export function answer(seed: string, chat: Chat): Answer {
  const prompt = lastOf(chat.messages, "user");
  if (chat.model.id === "sandbox/echo") return { text: prompt.slice(0, MAX_ANSWER) };
  const pick = chooser(`${seed}\n${chat.model.id}\n${chat.seed}\n${prompt}\n${chat.toolsText}`);
  const notes = notesOf({ system: lastOf(chat.messages, "system"), user: prompt });
  if (notes !== null) return { text: notes };
  const tool = toolFor(chat, prompt);
  if (tool !== null)
    return { tool: { name: tool.name, args: JSON.stringify(fillSchema(tool.parameters, prompt)) } };
  const last = chat.messages.at(-1);
  const result = last?.role === "tool" ? last.text.slice(0, MAX_READ) : null;
  if (chat.format.kind === "schema")
    return { text: JSON.stringify(fillSchema(chat.format.schema, result ?? prompt)) };
  const text =
    result === null
      ? answerText(prompt, pick, chat)
      : `${pick(["The tool says:", "Result:", "This came back:"])} ${result}`;
  return { text: (chat.format.kind === "json" ? jsonAnswer(prompt, text) : text).slice(0, MAX_ANSWER) };
}
