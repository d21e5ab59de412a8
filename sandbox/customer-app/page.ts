/** What came, for people: `/customer-app?world=`. */
import { readFileSync } from "node:fs";
import type { PageRequest } from "../core/company.ts";
import { listDeliveries, type Delivery } from "./hooks.ts";

const POLICY =
  "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SHOWN = 200;
const SPECIAL: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escape = (text: string): string => text.replaceAll(/[&<>"]/g, (char) => SPECIAL[char] ?? char);

const row = (one: Delivery): string => `<details class="delivery">
<summary><strong>${escape(one.type)}</strong>
<span class="${one.verified ? "good" : "bad"}">${one.verified ? "verified" : escape(one.fault ?? "")}</span>
<span class="pale">${escape(one.hook)} · answered ${escape(one.answered)} · ${escape(one.at.slice(0, 19).replace("T", " "))} UTC</span></summary>
<pre>${escape(one.body)}</pre>
</details>`;

export function servePage({ path, method, query, res, worlds }: PageRequest): boolean {
  const send = (status: number, type: string, body: string): true => {
    const headers = {
      "content-type": type,
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
    };
    res.writeHead(status, { ...headers, "cache-control": "no-store" }).end(body);
    return true;
  };
  if (path === "/assets/page.css")
    return send(200, "text/css; charset=utf-8", readFileSync(new URL("page.css", import.meta.url), "utf8"));
  if (path !== "/" || method !== "GET") return false;
  const world = worlds.find(query.get("world") ?? "default");
  const came = world ? listDeliveries(world, null).reverse().slice(0, SHOWN) : [];
  const list = came.length > 0 ? came.map(row).join("\n") : "<p>Nothing has come yet.</p>";
  return send(
    world ? 200 : 404,
    "text/html; charset=utf-8",
    `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A customer's app</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/customer-app/assets/page.css">
</head>
<body>
<p class="ribbon"><strong>Sandbox</strong> What a customer's own server was told. Newest first.</p>
<main><h1>A customer's app</h1>
${world ? list : "<p>There is no such world.</p>"}
</main>
</body>
</html>
`,
  );
}
