import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import type { InstallationLlmPolicy } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { PolicyFields } from "../gateway/policy-fields.tsx";
import { policyOfAll, summaryOf } from "../gateway/policy-form.ts";

/** How model calls of all organizations are routed where those say nothing themselves. */
export function DefaultRoutingScreen() {
  const policy = useQuery(llmQueries.policyOfAll());
  return (
    <Page
      title="Default routing"
      about="What counts for every organization's model calls, after the wishes of the call, its key and its organization."
    >
      <Card>
        <CardHead
          title="Policy of the installation"
          note={
            policy.data && summaryOf(policy.data, "Nothing is laid down: price, speed and success count.")
          }
        />
        {policy.data ? (
          <PolicyForm key={JSON.stringify(policy.data)} policy={policy.data} />
        ) : policy.error ? (
          <Failure error={policy.error} onRetry={() => void policy.refetch()} />
        ) : (
          <div className="p-4">
            <Skeleton className="h-72 w-full" />
          </div>
        )}
      </Card>
    </Page>
  );
}

function PolicyForm({ policy }: { policy: InstallationLlmPolicy }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: llm.setPolicyOfAll,
    onSuccess: async () => {
      toast.success("Default routing changed");
      await client.invalidateQueries({ queryKey: ["llm", "policy-of-all"] });
    },
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    save.mutate(policyOfAll(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      <PolicyFields policy={policy} ofAll problem={save.error instanceof ApiError ? save.error : null} />
      {save.error && <Notice tone="bad" title={messageOf(save.error)} />}
      <div>
        <Button type="submit" variant="primary" busy={save.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
