/** What the pages for buyers share. */
import type { ServerResponse } from "node:http";
import type { PageRequest, World } from "../core/company.ts";

const SECURITY = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

export function layout(title: string, body: string, head = ""): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/paypal/assets/approve.css">${head}
</head>
<body>
<p class="ribbon"><strong>Sandbox</strong> No real money moves on this page. Choose a buyer.</p>
${body}
</body>
</html>`;
}

export function messagePage(title: string, text: string, back: string | null = null): string {
  const go =
    back === null ? "" : `<p><a class="primary" href="${escapeHtml(back)}">Return to the shop</a></p>`;
  return layout(
    title,
    `<main class="message"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>${go}</main>`,
  );
}

export function html(world: World | null, res: ServerResponse, status: number, text: string): void {
  const send = (): void => {
    res.writeHead(status, { "content-type": "text/html; charset=utf-8", ...SECURITY });
    res.end(text);
  };
  if (world === null) send();
  else world.store.afterCommit(send);
}

export const wantsJson = (page: PageRequest): boolean =>
  (page.headers.accept ?? "").startsWith("application/json");

export function json(world: World, res: ServerResponse, status: number, body: unknown): void {
  world.store.afterCommit(() => {
    res.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
    res.end(JSON.stringify(body));
  });
}

export function redirect(world: World, res: ServerResponse, location: string): void {
  world.store.afterCommit(() => res.writeHead(303, { location, "cache-control": "no-store" }).end());
}
