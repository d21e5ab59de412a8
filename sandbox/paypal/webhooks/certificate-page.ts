/** Serves the certificates. Faults on calls hit them too: that is how the certificate's host goes down. */
import type { ServerResponse } from "node:http";
import type { PageRequest, World } from "../../core/company.ts";
import { CERTIFICATE_PATH, certificateAt, servedText, type Signing } from "./certificate.ts";

const KINDS = ["status", "rate_limit", "timeout", "reset", "delay"];
const HOLD_MS = 120_000;

function found({ worlds, path }: PageRequest): { world: World; signing: Signing } | null {
  for (const world of worlds.all()) {
    const signing = certificateAt(world, path);
    if (signing !== null) return { world, signing };
  }
  return null;
}

function wait(ms: number, res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    res.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Acts out what hits this request; true when it is answered, or never will be. */
async function isDown(world: World, path: string, res: ServerResponse): Promise<boolean> {
  const subject = { company: "paypal", on: "call" as const, method: "GET", path, kinds: KINDS };
  for (const { fault, params } of world.faults.draw(subject)) {
    const ms = typeof params["ms"] === "number" ? params["ms"] : HOLD_MS;
    if (fault === "delay") await wait(Math.min(ms, HOLD_MS), res);
    else if (fault === "reset") res.socket?.destroy();
    else if (fault === "timeout") {
      await wait(ms, res);
      res.destroy();
    } else {
      const status = fault === "rate_limit" ? 429 : Number(params["status"] ?? 503);
      res.writeHead(status, { "content-type": "text/plain" }).end("The certificate is not to be had");
    }
    if (fault !== "delay") return true;
  }
  return false;
}

export async function serveCertificate(page: PageRequest): Promise<void> {
  const { path, res } = page;
  const { world, signing } = found(page) ?? {};
  if (world === undefined || signing === undefined)
    return void res.writeHead(404, { "content-type": "text/plain" }).end("Not found");
  if (await isDown(world, path, res)) return;
  if (signing.kind === "redirect")
    return void res.writeHead(302, { location: `${world.baseUrl}${CERTIFICATE_PATH}elsewhere` }).end();
  res.writeHead(200, { "content-type": "application/x-pem-file", "cache-control": "max-age=86400" });
  res.end(servedText(signing));
}
