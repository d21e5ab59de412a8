import { useQuery } from "@tanstack/react-query";
import { llm, llmQueries } from "../../api/llm.ts";
import type { ApiError } from "../../api/problem.ts";
import type { LlmPolicy, LlmProviderList } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Badge } from "../../ui/badge.tsx";
import { TextArea, TextField } from "../../ui/field.tsx";
import { Page } from "../../ui/page.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { PolicyCard } from "./policy-card.tsx";
import { policyOf } from "./policy-form.ts";

/** How the organization's model calls are routed. */
export function RoutingScreen() {
  const policy = useQuery(llmQueries.policy());
  const served = useQuery(llmQueries.served());
  return (
    <Page
      title="Routing"
      about="Who serves the organization's model calls, and which models may be called. What a call or its key wishes goes before it, but for the models; what it leaves out is the installation's."
    >
      <Served providers={served.data?.data} />
      <PolicyCard
        title="Policy"
        policy={policy}
        nothing="Nothing is laid down: what the installation has counts."
        read={policyOf}
        save={llm.setPolicy}
        queryKey={["llm", "policy"]}
        saved="Routing changed"
        more={ownFields}
      />
    </Page>
  );
}

type Provider = LlmProviderList["data"][number];
const TONES = { ok: "ok", degraded: "warn", down: "bad" } as const;

function Served({ providers }: { providers: readonly Provider[] | undefined }) {
  if (!providers) return <Skeleton className="h-14 w-full rounded-xl" />;
  return (
    <ul className="flex flex-wrap gap-2" aria-label="Providers">
      {providers.map(({ id, state, models, first_content_p50_ms: ms }) => (
        <li
          key={id}
          className="flex items-center gap-2 rounded-lg border border-line bg-surface px-3 py-2 text-sm"
        >
          <span className="font-medium">{id}</span>
          <Badge tone={TONES[state]} dot>
            {humanize(state)}
          </Badge>
          <span className="num text-xs text-text-3">
            {formatInteger(models)} models{ms !== null && `, ${formatInteger(ms)} ms`}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** What an organization alone lays down. */
function ownFields(policy: LlmPolicy, problem: ApiError | null) {
  return (
    <>
      <TextField
        label="Model that learns from calls with memory"
        name="memory_model"
        maxLength={256}
        autoComplete="off"
        spellCheck={false}
        defaultValue={policy.memory_model ?? ""}
        hint="Left empty: the installation's, else the one that answered"
        error={problem?.fieldError("memory_model")}
      />
      <TextArea
        label="Models that may be called"
        name="allowed_models"
        rows={4}
        spellCheck={false}
        defaultValue={policy.allowed_models?.join("\n") ?? ""}
        hint="One a line. Left empty: every model"
        error={problem?.fieldError("allowed_models")}
      />
    </>
  );
}
