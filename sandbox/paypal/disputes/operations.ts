import { z } from "zod";
import type { World } from "../../core/company.ts";
import { link, select } from "../books.ts";
import { PayPalError } from "../errors.ts";
import { operation, type Answer, type Operation } from "../operation.ts";
import {
  acceptClaim,
  adjudicate,
  escalate,
  getDispute,
  presentDispute,
  provideEvidence,
  summaryOf,
  type Dispute,
  type DisputeEntry,
  type DisputeMeta,
} from "./dispute.ts";

const disputes = "/v1/customer/disputes";
const MAX_PAGE = 50;

const evidenceInput = z.object({
  evidences: z
    .array(
      z.looseObject({
        evidence_type: z
          .string()
          .regex(/^[A-Z_]{3,100}$/)
          .optional(),
        notes: z.string().min(1).max(2000).optional(),
      }),
    )
    .min(1)
    .max(100),
});
const note = z.object({ note: z.string().min(1).max(2000) });
const adjudicateInput = z.object({ adjudication_outcome: z.enum(["BUYER_FAVOR", "SELLER_FAVOR"]) });

function whole(query: URLSearchParams): number {
  const size = Number(query.get("page_size") ?? 10);
  if (!Number.isInteger(size) || size < 1 || size > MAX_PAGE)
    throw new PayPalError(400, "INVALID_REQUEST", {
      details: [
        {
          field: "page_size",
          location: "query",
          issue: "INVALID_PARAMETER_VALUE",
          description: `The page size is a number from 1 to ${MAX_PAGE}.`,
        },
      ],
    });
  return size;
}

function search(world: World, query: URLSearchParams): Answer {
  const size = whole(query);
  const states = query.get("dispute_state")?.split(",") ?? null;
  const transaction = query.get("disputed_transaction_id");
  const from = Date.parse(query.get("start_time") ?? "1970-01-01T00:00:00Z");
  const before = Number(query.get("next_page_token") ?? Number.MAX_SAFE_INTEGER);
  const found = select<Dispute, DisputeMeta>(world, "dispute")
    .map((entry, n) => ({ entry, n }))
    .toReversed()
    .filter(
      ({ entry, n }) =>
        n < before &&
        entry.createdMs >= from &&
        (transaction === null || entry.meta.captureId === transaction) &&
        (states === null || states.includes(entry.body.dispute_state)),
    );
  const page = found.slice(0, size);
  const last = page.at(-1);
  const next = new URLSearchParams(query);
  next.set("next_page_token", String(last?.n ?? 0));
  return {
    status: 200,
    body: {
      ...(page.length === 0 ? {} : { items: page.map(({ entry }) => summaryOf(world, entry)) }),
      links: [
        link(world, `${disputes}?${query.toString()}`, "self"),
        ...(found.length > size ? [link(world, `${disputes}?${next.toString()}`, "next")] : []),
      ],
    },
  };
}

/** An act on one dispute; the body may come as the `input` of a form with files. */
function act<B>(
  name: string,
  input: z.ZodType<B>,
  run: (world: World, entry: DisputeEntry, body: B) => void,
): Operation {
  const made = operation("POST", `${disputes}/{id}/${name}`, input, ({ world, id, body }) => {
    run(world, getDispute(world, id), body);
    return { status: 200, body: { links: [link(world, `${disputes}/${id}`, "self")] } };
  });
  return { ...made, multipart: true };
}

export const disputeOperations: readonly Operation[] = [
  operation("GET", disputes, null, ({ world, query }) => search(world, query)),
  operation("GET", `${disputes}/{id}`, null, ({ world, id }) => ({
    status: 200,
    body: presentDispute(world, getDispute(world, id)),
  })),
  act("provide-evidence", evidenceInput, (world, entry, { evidences }) =>
    provideEvidence(world, entry, evidences),
  ),
  act("accept-claim", note, acceptClaim),
  act("escalate", note, escalate),
  act("adjudicate", adjudicateInput, (world, entry, body) =>
    adjudicate(world, entry, body.adjudication_outcome === "SELLER_FAVOR"),
  ),
];
