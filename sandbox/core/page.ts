import { readFileSync } from "node:fs";

type Asset = { headers: Record<string, string>; body: string };

const HEADERS = {
  "cache-control": "no-cache",
  "x-content-type-options": "nosniff",
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  "/": ["page/index.html", "text/html; charset=utf-8"],
  "/page.css": ["page/page.css", "text/css; charset=utf-8"],
  "/parts.css": ["page/parts.css", "text/css; charset=utf-8"],
  "/page.js": ["page/page.js", "text/javascript; charset=utf-8"],
  "/parts.js": ["page/parts.js", "text/javascript; charset=utf-8"],
  "/switches.js": ["page/switches.js", "text/javascript; charset=utf-8"],
};
const loaded = new Map<string, Asset>();

/** A file of the control page; null for another path. */
export function pageAsset(path: string): Asset | null {
  const entry = FILES[path];
  if (entry === undefined) return null;
  let asset = loaded.get(path);
  if (asset === undefined) {
    const text = readFileSync(new URL(entry[0], import.meta.url), "utf8");
    asset = { headers: { ...HEADERS, "content-type": entry[1] }, body: text };
    loaded.set(path, asset);
  }
  return asset;
}
