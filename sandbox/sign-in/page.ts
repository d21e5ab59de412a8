/** The page on which somebody picks who they are. It works without a script. */
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { PEOPLE } from "./people.ts";

export type Brand = {
  /** The path prefix, where the style sheet lies. */
  company: string;
  /** `Google`, `GitHub`. */
  name: string;
  /** What the page asks. */
  asks: string;
};

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};
const STYLE_PATH = "/assets/sign-in.css";
let style: string | null = null;

/** Answers the style sheet; false for another path. */
export function serveStyle(path: string, res: ServerResponse): boolean {
  if (path !== STYLE_PATH) return false;
  style ??= readFileSync(new URL("pages/sign-in.css", import.meta.url), "utf8");
  res.writeHead(200, { "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" }).end(style);
  return true;
}

export function sendPage(res: ServerResponse, status: number, text: string): void {
  res.writeHead(status, { "content-type": "text/html; charset=utf-8", ...SECURITY }).end(text);
}

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

function layout(brand: Brand, title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/${brand.company}${STYLE_PATH}">
</head>
<body class="${brand.company}">
<p class="ribbon"><strong>Sandbox</strong> This stands in for ${escapeHtml(brand.name)}. Nobody real signs in here.</p>
<main>
<p class="brand"><span class="mark" aria-hidden="true">${escapeHtml(brand.name.slice(0, 1))}</span>${escapeHtml(brand.name)}</p>
${body}
</main>
</body>
</html>`;
}

const initials = (name: string): string =>
  name
    .split(" ")
    .map((part) => part.slice(0, 1))
    .join("");

function choice({ key, name, note }: (typeof PEOPLE)[number]): string {
  return `<li><button name="person" value="${key}">
<span class="face" aria-hidden="true">${initials(name)}</span>
<span class="who"><b>${name}</b><small>${key === "no-email" ? "no address" : `${key}@sandbox.test`}</small></span>
<span class="note">${note}</span>
</button></li>`;
}

/** The people, and a line for anybody else. `action` carries the whole request, so that the form needs no memory. */
export function consentPage(brand: Brand, action: string, wrong: string | null = null): string {
  const error = wrong === null ? "" : `<p class="error" role="alert">${escapeHtml(wrong)}</p>`;
  return layout(
    brand,
    `Sign in with ${brand.name}`,
    `<h1>Choose who you are</h1>
<p class="lead">${escapeHtml(brand.asks)}</p>
${error}
<form method="post" action="${escapeHtml(action)}">
<ul>${PEOPLE.map(choice).join("\n")}</ul>
</form>
<form class="other" method="post" action="${escapeHtml(action)}">
<label>Somebody else <input name="email" type="email" autocomplete="off" placeholder="name@example.com" required maxlength="254"></label>
<button name="person" value="other">Continue</button>
</form>`,
  );
}

export function messagePage(brand: Brand, title: string, text: string): string {
  return layout(brand, title, `<h1>${escapeHtml(title)}</h1><p class="lead message">${escapeHtml(text)}</p>`);
}
