/**
 * TXT records by DNS over HTTPS, in the JSON form that public resolvers speak. Nothing is remembered: who has just set a
 * record wants it seen.
 */
import { z } from "zod";
import type { Metrics } from "../../platform/telemetry/index.ts";

export type Dns = {
  /** The texts of a name's TXT records; none for a name that is not there. Null: the resolver does not answer. */
  txt(name: string): Promise<string[] | null>;
};

const TIMEOUT_MS = 5_000;
const TXT = 16;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

const answer = z.object({
  Status: z.number(),
  Answer: z.array(z.object({ type: z.number(), data: z.string() })).optional(),
});

export function createDns({ url, metrics }: { url: string; metrics: Metrics }): Dns {
  const labels = ["vendor", "op", "outcome"] as const;
  const total = metrics.counter("vendor_calls_total", "Calls to a company", labels);
  return {
    async txt(name) {
      const address = new URL(url);
      address.searchParams.set("name", name);
      address.searchParams.set("type", "TXT");
      try {
        const response = await fetch(address, {
          headers: { accept: "application/dns-json" },
          redirect: "error",
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        const { Status, Answer = [] } = answer.parse(JSON.parse(await response.text()));
        if (Status !== NO_ERROR && Status !== NO_SUCH_NAME)
          throw new Error(`the resolver answered ${Status}`);
        total.inc({ vendor: "dns", op: "txt", outcome: "ok" });
        return Answer.filter(({ type }) => type === TXT).map(({ data }) => plain(data));
      } catch {
        // Whatever went wrong, nothing was learnt of the name; the caller says so.
        total.inc({ vendor: "dns", op: "txt", outcome: "unavailable" });
        return null;
      }
    },
  };
}

/** A long text comes as several quoted ones. */
const plain = (data: string): string =>
  data.replaceAll(/" "/g, "").replaceAll(/^"|"$/g, "").replaceAll('\\"', '"');
