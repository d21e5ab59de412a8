import { queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import { read } from "./http.ts";
import { api, type CallsFilter, given, type Listing } from "./operations.ts";
import { PAGE, pages } from "./queries.ts";
import type { LimitsInput } from "./types.ts";

const REFRESH_MS = 10_000;
/** As many members as one choice shows. */
const MOST_MEMBERS = 100;

/** Operations about what bounds model calls, and credits that programs reserve. */
export const tokens = {
  limits: () => read(sdk.getTokenLimits()),
  setLimits: (body: LimitsInput) => read(sdk.setTokenLimits({ body })),
  receipt: (request_id: string) => read(sdk.getReceipt({ path: { request_id } })),
  /** Single calls as a file. */
  async records(filter: CallsFilter): Promise<Blob> {
    const query = new URLSearchParams(given(filter));
    const answer = await fetch(`/api/tokens/usage/records?${query}`, { headers: { accept: "text/csv" } });
    if (!answer.ok) throw new Error("The file could not be made");
    return answer.blob();
  },
  holds: (query: Listing) => read(sdk.listTokenHolds({ query: given(query) })),
};

export const tokenQueries = {
  limits: () =>
    queryOptions({ queryKey: ["token-limits"], queryFn: tokens.limits, refetchInterval: REFRESH_MS }),
  memberNames: () =>
    queryOptions({ queryKey: ["team", "names"], queryFn: () => api.members({ limit: MOST_MEMBERS }) }),
  receipt: (id: string) =>
    queryOptions({ queryKey: ["usage", "receipt", id], queryFn: () => tokens.receipt(id), retry: false }),
  holds: () => pages(["balance", "holds"], (cursor) => tokens.holds({ limit: PAGE, cursor })),
};
