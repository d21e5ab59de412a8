import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import * as sdk from "../../../contract/client/sdk.gen.ts";
import type { UsageWhatIf } from "../../../contract/client/types.gen.ts";
import { read } from "./http.ts";

export type WhatIfRow = UsageWhatIf["data"][number];

/** `target` is `model openai/gpt-4o` or `version 2026-11-29`; what was read stays until the next is. */
export const whatIfQueries = {
  one: (target: string, from: string) =>
    queryOptions({
      queryKey: ["usage", "what-if", target, from],
      queryFn: () => {
        const [kind, name = ""] = target.split(/ (.*)/);
        const to = kind === "version" ? { to_version: name } : { to_model: name };
        return read(sdk.getUsageWhatIf({ query: { ...to, from: `${from}T00:00:00Z` } }));
      },
      placeholderData: keepPreviousData,
    }),
};
