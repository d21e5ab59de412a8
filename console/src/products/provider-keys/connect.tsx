import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { useEffect } from "react";
import { toast } from "sonner";
import { llm, llmQueries } from "../../api/llm.ts";
import { ApiError, messageOf } from "../../api/problem.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/states.tsx";

const route = getRouteApi("/app/provider-keys");
const COMPANY = "openrouter";

/** To OpenRouter's page, where somebody agrees; the browser comes back here with a code. */
export function ConnectButton() {
  const served = useQuery(llmQueries.served());
  const visit = useMutation({
    mutationFn: llm.connectKey,
    onSuccess: ({ url }) => window.location.assign(url),
    onError: (error) => toast.error(messageOf(error)),
  });
  if (!served.data?.data.some(({ id }) => id === COMPANY)) return null;
  return (
    <Button
      icon={<ExternalLink className="size-4" />}
      busy={visit.isPending || visit.isSuccess}
      onClick={() => visit.mutate()}
    >
      Connect OpenRouter
    </Button>
  );
}

/** What the browser came back with is exchanged once, and leaves the address. */
export function Connecting() {
  const { state, code } = route.useSearch();
  const navigate = route.useNavigate();
  const client = useQueryClient();
  const finish = useMutation({
    // The state is good once, so it names the request as well: a reload asks for the same answer.
    mutationFn: (back: { state: string; code: string }) => llm.finishKey(back, `connect-${back.state}`),
    onSuccess: async () => {
      toast.success("Connected", { description: COMPANY });
      await client.invalidateQueries({ queryKey: ["llm"] });
    },
    onSettled: () => navigate({ search: {}, replace: true }),
  });
  const { mutate, error, isPending } = finish;
  useEffect(() => {
    if (state && code) mutate({ state, code });
  }, [state, code, mutate]);
  if (error) {
    const used = error instanceof ApiError && error.fields.length > 0;
    return (
      <Notice tone="bad" title={used ? "Not connected" : `Not connected: ${messageOf(error)}`}>
        {used &&
          "What the browser came back with is used already, too old, or not this organization's. Connect again."}
      </Notice>
    );
  }
  return isPending ? <Notice tone="info" title="OpenRouter gives the key" /> : null;
}
