/** What must not be remembered: keys, tokens, passwords, card numbers. Pure. */

/** Stands where a secret stood. */
export const LEFT_OUT = "[left out]";

const NAMES =
  "pass(?:word|phrase|code|wd)s?|pwd|pin(?: ?code)?|secrets?|tokens?|credentials?|(?:api|access|secret|private|recovery)[ _-]?(?:key|code)s?|passw[oö]rt|kennwort|mot de passe|contrase[nñ]a|senha";

/** Each ends: no part of one repeats another that could match the same text. */
const PATTERNS: readonly { name: string; pattern: RegExp; is?: (found: string) => boolean }[] = [
  {
    name: "private key",
    pattern: /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}-----|$)/g,
  },
  {
    name: "password in an address",
    pattern: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s/:@]{0,100}:[^\s/@]{1,200}@\S*/gi,
  },
  { name: "signed token", pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g },
  { name: "authorization", pattern: /\b(?:bearer|basic)\s+[\w.~+/=-]{12,}/gi },
  {
    name: "key by its beginning",
    pattern:
      /\b(?:sk|pk|rk|hf|whsec|ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abeprs]|npm|pypi|dop_v1|shpat|SG|ya29|hvs|lin_api|sess)[-_.][\w.-]{10,}/g,
  },
  { name: "key of Amazon's", pattern: /\b(?:AKIA|ASIA|AROA)[A-Z0-9]{12,}\b/g },
  { name: "key of Google's", pattern: /\bAIza[\w-]{30,}/g },
  {
    name: "named secret",
    pattern: new RegExp(
      `(?<![\\p{L}])(?:${NAMES})(?![\\p{L}])["'\`]?(?:[ \\t]+[\\p{L}\\p{N}'’@.-]{1,40}){0,5}?\\s*(?:\\bis\\b|\\bare\\b|\\bwas\\b|\\bist\\b|\\blautet\\b|\\best\\b|\\bes\\b|[:=]|->|→)\\s*[^\\n]{1,200}`,
      "giu",
    ),
  },
  {
    name: "password beside its name",
    pattern: /\b(?:pass(?:word|phrase|code|wd)|pwd|pin)[ \t]+["'`]?(?=\S{0,60}\d)\S{3,}/gi,
  },
  { name: "long hexadecimal", pattern: /\b[0-9a-f]{32,}\b/gi },
  {
    name: "long random text",
    pattern: /(?<![\w/+=-])[\w/+=-]{24,}(?![\w/+=-])/g,
    is: (found) => /[a-z]/.test(found) && /[A-Z]/.test(found) && /\d/.test(found),
  },
  { name: "card number", pattern: /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g, is: isCardNumber },
];

/** True where the text, or a part of it, looks like a secret. */
export const hasSecret = (text: string): boolean => withoutSecrets(text) !== text;

/** The text with what looks like a secret left out. */
export function withoutSecrets(text: string): string {
  return PATTERNS.reduce(
    (rest, { pattern, is }) => rest.replace(pattern, (found) => (is && !is(found) ? found : LEFT_OUT)),
    text,
  );
}

/** By its check digit (Luhn). */
function isCardNumber(found: string): boolean {
  const digits = [...found.replaceAll(/\D/g, "")].toReversed().map(Number);
  const sum = digits.reduce((all, digit, at) => {
    const twice = digit * 2;
    return all + (at % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0;
}
