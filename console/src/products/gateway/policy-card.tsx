import { type UseQueryResult, useMutation, useQueryClient } from "@tanstack/react-query";
import type { FormEvent, ReactNode } from "react";
import { toast } from "sonner";
import { ApiError, messageOf } from "../../api/problem.ts";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Failure, Notice, Skeleton } from "../../ui/states.tsx";
import { PolicyFields } from "./policy-fields.tsx";
import { type AnyPolicy, summaryOf } from "./policy-form.ts";

type Saving<Policy, Input> = {
  /** What it says of itself when nothing is laid down. */
  nothing: string;
  /** Of all organizations. */
  ofAll?: boolean;
  read: (data: FormData) => Input;
  save: (input: Input) => Promise<unknown>;
  queryKey: readonly string[];
  saved: string;
  /** Fields of its own, below those that every policy has. */
  more?: (policy: Policy, problem: ApiError | null) => ReactNode;
};

/** Shows a policy of model calls and saves what is changed of it. */
export function PolicyCard<Policy extends AnyPolicy, Input>({
  title,
  policy,
  ...saving
}: Saving<Policy, Input> & { title: string; policy: UseQueryResult<Policy> }) {
  return (
    <Card>
      <CardHead title={title} note={policy.data && summaryOf(policy.data, saving.nothing)} />
      {policy.data ? (
        <PolicyForm key={JSON.stringify(policy.data)} policy={policy.data} {...saving} />
      ) : policy.error ? (
        <Failure error={policy.error} onRetry={() => void policy.refetch()} />
      ) : (
        <div className="p-4">
          <Skeleton className="h-72 w-full" />
        </div>
      )}
    </Card>
  );
}

function PolicyForm<Policy extends AnyPolicy, Input>({
  policy,
  ofAll = false,
  read,
  save,
  queryKey,
  saved,
  more,
}: Saving<Policy, Input> & { policy: Policy }) {
  const client = useQueryClient();
  const saving = useMutation({
    mutationFn: save,
    onSuccess: async () => {
      toast.success(saved);
      await client.invalidateQueries({ queryKey });
    },
  });
  const problem = saving.error instanceof ApiError ? saving.error : null;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    saving.mutate(read(new FormData(event.currentTarget)));
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 p-4">
      <PolicyFields policy={policy} ofAll={ofAll} problem={problem} />
      {more?.(policy, problem)}
      {saving.error && <Notice tone="bad" title={messageOf(saving.error)} />}
      <div>
        <Button type="submit" variant="primary" busy={saving.isPending}>
          Save
        </Button>
      </div>
    </form>
  );
}
