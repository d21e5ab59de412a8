import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { api } from "../../api/operations.ts";
import { ApiError } from "../../api/problem.ts";
import { queries } from "../../api/queries.ts";
import { useMe } from "../../shell/session.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Done } from "./done.tsx";
import { Question } from "./question.tsx";

const route = getRouteApi("/plain/consent");

/** An app asks to be let in: who it is, what it may do, where the answer goes. */
export function ConsentScreen() {
  const { request_id: id = "" } = route.useSearch();
  const me = useMe();
  const request = useQuery(queries.authorizationRequest(id));
  const decide = useMutation({
    mutationFn: (approve: boolean) => api.decideAuthorization(id, approve),
    // The app takes over; what stays behind says so.
    onSuccess: ({ redirect_to: to }) => location.assign(to),
  });
  useEffect(() => {
    document.title = "Let an app in · Holdfast";
  }, []);
  if (decide.data)
    return (
      <Done title={decide.variables ? "Let in" : "Not let in"}>
        Go back to {request.data?.client.name ?? "the app"}. You can close this page.
      </Done>
    );
  if (request.error instanceof ApiError && request.error.status === 404)
    return (
      <Done over title="This request is over">
        It was answered, or waited too long. Start again in the app.
      </Done>
    );
  if (request.error) return <Failure error={request.error} onRetry={() => void request.refetch()} />;
  if (!request.data) return <Waiting />;
  return (
    <Question
      me={me}
      appName={request.data.client.name}
      scopes={request.data.scopes}
      facts={[["Answer goes to", placeOf(request.data.redirect_uri)]]}
      warning="Say yes only if you have just started this yourself, in the app."
      error={decide.error}
      deciding={decide.isPending ? decide.variables : null}
      onDecide={decide.mutate}
    />
  );
}

/** `vscode://…` is an app on this computer, and so is whoever listens on its own address. */
function placeOf(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return protocol === "http:" ? `This computer (${host})` : `${protocol.slice(0, -1)} on this computer`;
}

function Waiting() {
  return (
    <output aria-label="Loading" className="flex flex-col gap-3 p-5">
      <Skeleton className="h-5 w-48" />
      <Skeleton className="h-24 w-full" />
      <Skeleton className="h-9 w-full" />
    </output>
  );
}
