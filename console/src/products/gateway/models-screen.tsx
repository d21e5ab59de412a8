import { useQuery } from "@tanstack/react-query";
import { Boxes } from "lucide-react";
import { llmQueries } from "../../api/llm.ts";
import { asList, queries } from "../../api/queries.ts";
import type { LlmProviderList, Model } from "../../api/types.ts";
import { formatCompact, formatInteger } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { CopyIcon } from "../../ui/copy.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { perMillion } from "./prices.ts";

const size = (value: number | null | undefined) => (value ? formatInteger(value) : "–");

/** Models that write down sound may be paid by its seconds alone. */
const bySecond = ({ pricing }: Model): string | null => {
  const usd = pricing?.audio_second ?? "0";
  return usd === "0" ? null : `$${usd}/s`;
};

type Tier = NonNullable<Model["pricing"]>["tiers"][number];

/** In few words: "> 200K", "16:30–00:30". */
function whenOf({ above_prompt_tokens: above, from_utc: from, to_utc: to }: Tier): string {
  const size = above === null ? "" : `>\u00a0${formatCompact(above)}`;
  return [size, from && to ? `${from}–${to}` : ""].filter(Boolean).join(" ");
}

type Pricing = NonNullable<Model["pricing"]>;

/** What is paid beside or instead of tokens of text, by the column in which it is told. */
const OTHERS: Record<"prompt" | "completion", (pricing: Pricing) => (string | null)[]> = {
  prompt: ({ audio, image, image_token, request, web_search }) => [
    audio && `Sound ${perMillion(audio)}`,
    image_token && `Image tokens ${perMillion(image_token)}`,
    image && `Image $${image}`,
    web_search && `Search $${web_search}`,
    request === "0" ? null : `Call $${request}`,
  ],
  completion: ({ audio_output, internal_reasoning }) => [
    audio_output && `Sound ${perMillion(audio_output)}`,
    internal_reasoning && `Reasoning ${perMillion(internal_reasoning)}`,
  ],
};

/** The standing price, and below it those of longer prompts, of times of the UTC day and of all that is no text. */
function Tiered({ of, line }: { of: Model; line: "prompt" | "completion" }) {
  const seconds = bySecond(of);
  if (seconds) return line === "prompt" ? seconds : "–";
  const { pricing } = of;
  const tiers = pricing?.tiers.flatMap((tier) => {
    const usd = tier[line];
    return usd === null ? [] : [`${whenOf(tier)}: ${perMillion(usd)}`];
  });
  const others = pricing && OTHERS[line](pricing).filter((text) => text !== null);
  return (
    <span className="block py-1.5">
      {perMillion(pricing?.[line])}
      {[...new Set([...(tiers ?? []), ...(others ?? [])])].map((text) => (
        <span key={text} className="block text-2xs whitespace-normal text-text-3">
          {text}
        </span>
      ))}
    </span>
  );
}

/** Whether those who serve the model answer just now. */
function Health({ of, states }: { of: Model; states: ReadonlyMap<string, State> | undefined }) {
  if (!states) return "–";
  const theirs = of.providers.map((id) => [id, states.get(id) ?? "down"] as const);
  const well = theirs.filter(([, state]) => state === "ok").length;
  const tone = well === theirs.length ? "ok" : theirs.every(([, state]) => state === "down") ? "bad" : "warn";
  return (
    <span title={theirs.map(([id, state]) => `${id}: ${state}`).join(", ")}>
      <Badge tone={tone} dot>
        {well} of {theirs.length} well
      </Badge>
    </span>
  );
}

type State = LlmProviderList["data"][number]["state"];

const columnsWith = (states: ReadonlyMap<string, State> | undefined): Column<Model>[] => [
  {
    key: "id",
    header: "Model",
    cell: ({ id }) => (
      <span className="flex min-w-0 items-center gap-1">
        <code className="truncate font-mono text-xs" title={id}>
          {id}
        </code>
        <span className="max-sm:hidden">
          <CopyIcon text={id} label="Copy model id" />
        </span>
      </span>
    ),
  },
  {
    key: "health",
    header: "Providers",
    width: "8rem",
    from: "sm",
    cell: (row) => <Health of={row} states={states} />,
  },
  {
    key: "in",
    header: "Input / M",
    width: "6.5rem",
    align: "right",
    cell: (row) => <Tiered of={row} line="prompt" />,
  },
  {
    key: "out",
    header: "Output / M",
    width: "6rem",
    align: "right",
    cell: (row) => <Tiered of={row} line="completion" />,
  },
  {
    key: "window",
    header: "Window",
    width: "7rem",
    align: "right",
    from: "sm",
    cell: (row) => size(row.context_length),
  },
  {
    key: "max",
    header: "Longest answer",
    width: "8rem",
    align: "right",
    from: "md",
    cell: (row) => size(row.max_output_tokens),
  },
];

export function ModelsScreen() {
  const list = asList(useQuery(queries.models()));
  const served = useQuery(llmQueries.served());
  const states = served.data && new Map(served.data.data.map(({ id, state }) => [id, state]));
  return (
    <Page
      title="Models"
      about="What can be called, and what it costs: US dollars per million tokens, per second of sound, or for each call, image and search; longer prompts and times of the UTC day may have prices of their own. One credit pays one cent."
    >
      <Card>
        <Table
          label="Models"
          columns={columnsWith(states)}
          list={list}
          rowKey={(row) => row.id}
          empty={<Empty icon={<Boxes className="size-5" />} title="No models can be called" />}
        />
      </Card>
    </Page>
  );
}
