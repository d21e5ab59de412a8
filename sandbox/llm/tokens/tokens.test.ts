import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../../test/harness/cpu-ms.ts";
import { countTokens } from "./tokenizer.ts";
import { slices } from "./slices.ts";
import { countText, piecesOf } from "./tokens.ts";

const PROSE = "The quick brown fox jumps over the lazy dog, and then it rests for a while. ".repeat(200);
const anyText = fc.string({ unit: "grapheme", maxLength: 3_000 });

describe("counting", () => {
  it("agrees with the tokenizer for ordinary text, however long", async () => {
    expect(await countText(PROSE, 1e9)).toBe(countTokens(PROSE));
    const short = PROSE.slice(0, 300);
    expect(countText(short, 1e9)).toBe(countTokens(short));
  });

  it("is at most 1 % off for text without spaces", async () => {
    const text = "日本語の文章はとても長いです。".repeat(300);
    const exact = countTokens(text);
    expect(Math.abs((await countText(text, 1e9)) - exact)).toBeLessThanOrEqual(exact / 100);
  });

  it("takes control tokens as text", () => {
    expect(countText("<|endoftext|>", 1e9)).toBeGreaterThan(1);
  });

  it("never holds the event loop: a mebibyte of one letter is counted on another thread", async () => {
    const counting = Promise.resolve(countText("a".repeat(1024 * 1024), 1e9));
    let counted = false;
    void counting.then(() => (counted = true));
    // What was counted here would be known before the loop turns; a message of another thread comes later.
    for (let n = 0; n < 10; n += 1) await Promise.resolve();
    expect(counted).toBe(false);
    expect(await counting).toBe((1024 * 1024) / 8);
  });

  it("stops soon after the limit", async () => {
    const count = await countText("word ".repeat(100_000), 1_000);
    expect(count).toBeGreaterThan(1_000);
    expect(count).toBeLessThan(2_000);
  });

  it("costs a small call less than 0.3 ms of processor time", () => {
    const texts = Array.from({ length: 500 }, (_, n) => `${PROSE.slice(0, 400)} ${n}`);
    for (const text of texts.slice(0, 100)) void countText(`warm ${text}`, 1e9);
    const ms = cpuMs(() => texts.forEach((text) => void countText(text, 1e9)));
    expect(ms / texts.length).toBeLessThan(0.3);
  });
});

describe("cutting", () => {
  it("loses nothing and never tears a surrogate pair", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const parts = [...slices(text)];
        expect(parts.join("")).toBe(text);
        expect(parts.every((part) => part.length <= 512)).toBe(true);
        expect(parts.every((part) => part.isWellFormed())).toBe(text.isWellFormed());
      }),
    );
  });

  it("gives pieces that join to the text and tokens that join to its count", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const pieces = piecesOf(text);
        expect(pieces.map((piece) => piece.text).join("")).toBe(Buffer.from(text).toString());
        expect(pieces.reduce((sum, piece) => sum + piece.tokens, 0)).toBe(countText(text, 1e9));
      }),
    );
  });
});
