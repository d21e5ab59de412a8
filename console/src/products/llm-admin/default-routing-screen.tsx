import { useQuery } from "@tanstack/react-query";
import { llm, llmQueries } from "../../api/llm.ts";
import { Page } from "../../ui/page.tsx";
import { PolicyCard } from "../gateway/policy-card.tsx";
import { policyOfAll } from "../gateway/policy-form.ts";

/** How model calls of all organizations are routed where those say nothing themselves. */
export function DefaultRoutingScreen() {
  const policy = useQuery(llmQueries.policyOfAll());
  return (
    <Page
      title="Default routing"
      about="What counts for every organization's model calls, after the wishes of the call, its key and its organization."
    >
      <PolicyCard
        title="Policy of the installation"
        policy={policy}
        nothing="Nothing is laid down: price, speed and success count."
        ofAll
        read={policyOfAll}
        save={llm.setPolicyOfAll}
        queryKey={["llm", "policy-of-all"]}
        saved="Default routing changed"
      />
    </Page>
  );
}
