import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import type {
  GetInstallationUsageData,
  InstallationUsage,
  PriceDriftList,
  ProofBreak,
  ProofDays,
  ProofRun,
} from "../../../contract/client/types.gen.ts";
import { idempotent, read } from "./http.ts";
import { given, type Listing } from "./operations.ts";
import { PAGE, pages } from "./queries.ts";

export type { InstallationUsage, ProofBreak, ProofRun };
export type PriceDrift = PriceDriftList["data"][number];
export type ProofDay = ProofDays["data"][number];
export type ProofBreakState = ProofBreak["state"];
export type MarginBy = NonNullable<NonNullable<GetInstallationUsageData["query"]>["group_by"]>;

/** Operations of operators on what model calls cost on every side. */
export const proof = {
  days: (from: string, to: string) => read(sdk.listProofDays({ query: { from, to } })),
  runs: () => read(sdk.listProofRuns()),
  start: (body: { day: string }, key: string) => read(sdk.startProofRun({ body, ...idempotent(key) })),
  breaks: (query: Listing & { state: ProofBreakState }) => read(sdk.listProofBreaks({ query: given(query) })),
  accept: (id: string, body: { note: string }, key: string) =>
    read(sdk.acceptProofBreak({ path: { id }, body, ...idempotent(key) })),
  drifts: () => read(sdk.listPriceDrifts()),
  /** All else of it stays as it is. */
  async resumeModel(id: string) {
    const [author = "", slug = ""] = id.split(/\/(.*)/);
    const path = { author, slug };
    const { name, image_tokens, aliases } = await read(sdk.getAdminModel({ path }));
    return read(sdk.setModel({ path, body: { name, image_tokens, aliases, paused: false } }));
  },
  margin: (group_by: MarginBy, from: string) =>
    read(sdk.getInstallationUsage({ query: { group_by, from: `${from}T00:00:00Z` } })),
};

const UNDER_WAY_MS = 2_000;

export const proofQueries = {
  days: (from: string, to: string) =>
    queryOptions({ queryKey: ["proof", "days", from, to], queryFn: () => proof.days(from, to) }),
  runs: () =>
    queryOptions({
      queryKey: ["proof", "runs"],
      queryFn: proof.runs,
      refetchInterval: ({ state: { data } }) =>
        data?.data.some(({ finished_at }) => finished_at === null) ? UNDER_WAY_MS : false,
    }),
  breaks: (state: ProofBreakState) =>
    pages(["proof", "breaks", state], (cursor) => proof.breaks({ limit: PAGE, cursor, state })),
  drifts: () => queryOptions({ queryKey: ["proof", "drifts"], queryFn: proof.drifts }),
  margin: (group_by: MarginBy, from: string) =>
    queryOptions({ queryKey: ["margin", group_by, from], queryFn: () => proof.margin(group_by, from) }),
};
