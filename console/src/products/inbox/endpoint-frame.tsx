import type { ReactNode } from "react";
import { Id } from "../../ui/amounts.tsx";
import { Drawer } from "../../ui/dialog.tsx";
import { Empty, Failure } from "../../ui/states.tsx";
import { Loading } from "../payments/payment-drawer.tsx";

type List<Row> = { data: { data: Row[] } | undefined; error: Error | null; refetch(): unknown };

/** The drawer of one endpoint of a list, whichever way its events go: what it is, or why it is not there. */
export function EndpointFrame<Row extends { id: string }>({
  endpointId,
  list: { data, error, refetch },
  title,
  renderActions,
  onClose,
  children,
}: {
  endpointId: string;
  list: List<Row>;
  title(endpoint: Row): string;
  renderActions(endpoint: Row): ReactNode;
  onClose(): void;
  children(endpoint: Row): ReactNode;
}) {
  const endpoint = data?.data.find((row) => row.id === endpointId);
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={endpoint ? title(endpoint) : "Endpoint"}
      subtitle={<Id id={endpointId} full />}
      actions={endpoint && renderActions(endpoint)}
    >
      {endpoint ? (
        children(endpoint)
      ) : error ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <Empty title="No such endpoint" />
      ) : (
        <Loading />
      )}
    </Drawer>
  );
}
