/** Characters of one slice. Merging is quadratic in the longest run without a break, so runs end here too. */
const SLICE = 512;

const isSpace = (code: number): boolean => code === 32 || (code >= 9 && code <= 13);

/** Where a slice of `text` starting at `from` ends: before a space between words if there is one, else bluntly. */
function endOf(text: string, from: number): number {
  const end = from + SLICE;
  if (end >= text.length) return text.length;
  for (let at = end; at > from + 1; at--) {
    if (text.charCodeAt(at) !== 32) continue;
    if (!isSpace(text.charCodeAt(at - 1)) && !isSpace(text.charCodeAt(at + 1))) return at;
  }
  const low = text.charCodeAt(end);
  return low >= 0xdc00 && low <= 0xdfff ? end - 1 : end;
}

/** Cuts `text` where no token crosses: a space belongs to the word after it. */
export function* slices(text: string): Generator<string> {
  for (let from = 0; from < text.length;) {
    const end = endOf(text, from);
    yield text.slice(from, end);
    from = end;
  }
}
