import * as o200k from "gpt-tokenizer/encoding/o200k_base";

/** A prompt may spell a control token such as `<|endoftext|>`; it is text like any other. */
const AS_TEXT = { allowedSpecial: new Set<string>(), disallowedSpecial: new Set<string>() };

export const countTokens = (text: string): number => o200k.countTokens(text, AS_TEXT);
export const encode = (text: string): number[] => o200k.encode(text, AS_TEXT);
export const decode = (tokens: number[]): string => o200k.decode(tokens);
