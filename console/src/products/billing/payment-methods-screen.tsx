import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { CreditCard, Plus } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";
import { api } from "../../api/operations.ts";
import { messageOf } from "../../api/problem.ts";
import { asList, queries } from "../../api/queries.ts";
import type { PaymentMethod } from "../../api/types.ts";
import { companyName, type Company } from "../../lib/company.ts";
import { useIntent } from "../../lib/intent.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, CardHead } from "../../ui/card.tsx";
import { Confirm } from "../../ui/dialog.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Notice } from "../../ui/states.tsx";
import { Stacked, Table } from "../../ui/table.tsx";
import { methodName } from "./method-name.ts";
import { PayerCard } from "./payer-card.tsx";

const route = getRouteApi("/app/payment-methods");
/** How often the list is asked for until what was just added shows. */
const ASK_MS = 2_500;
const endOf = ({ exp_month: month, exp_year: year }: PaymentMethod) =>
  month && year ? `Until ${String(month).padStart(2, "0")}/${year}` : "No end";

export function PaymentMethodsScreen() {
  const { added } = route.useSearch();
  const methods = useQuery({
    ...queries.paymentMethods(),
    refetchInterval: (query) => (added && !query.state.data?.data.length ? ASK_MS : false),
  });
  return (
    <Page
      title="Payment methods"
      about="What the plan, its invoices and top-ups are charged to. Cards are kept by the payment company, never here."
      actions={<AddButtons providers={methods.data?.providers ?? []} />}
    >
      {added && methods.data?.data.length === 0 && (
        <Notice tone="info" title="Waiting for the company's confirmation">
          The card or wallet shows here as soon as it comes.
        </Notice>
      )}
      <Card>
        <CardHead
          title="Cards and wallets"
          note="Each company has a default of its own. A plan is charged by the company it began with"
          actions={<PortalButton />}
        />
        <Table
          label="Payment methods"
          columns={columns}
          list={asList(methods)}
          rowKey={(row) => row.id}
          skeletonRows={2}
          empty={
            <Empty icon={<CreditCard className="size-5" />} title="No card or wallet yet">
              You give it on the company's own page. Nothing is charged.
            </Empty>
          }
        />
      </Card>
      <PayerCard />
    </Page>
  );
}

/** To a page of the company's, and back. */
function useVisit<T>(open: (input: T, key: string) => Promise<{ url: string }>) {
  const intent = useIntent();
  return useMutation({
    mutationFn: (input: T) => open(input, intent.keyFor(input)),
    onSuccess: ({ url }) => {
      intent.done();
      location.assign(url);
    },
    onError: (error) => toast.error(messageOf(error)),
  });
}

function AddButtons({ providers }: { providers: readonly Company[] }) {
  const add = useVisit((provider: Company, key) => api.setUpPaymentMethod(provider, key));
  const isLeaving = add.isPending || add.isSuccess;
  const button = (provider: Company, label: string) => (
    <Button
      variant={provider === "stripe" ? "primary" : "secondary"}
      icon={<Plus className="size-4" />}
      busy={isLeaving && add.variables === provider}
      disabled={isLeaving && add.variables !== provider}
      onClick={() => add.mutate(provider)}
    >
      {label}
    </Button>
  );
  return (
    <>
      {providers.includes("paypal") && button("paypal", "Add PayPal")}
      {button("stripe", "Add a card")}
    </>
  );
}

function PortalButton() {
  const portal = useVisit((_: "portal", key) => api.openPortal(key));
  return (
    <Button busy={portal.isPending || portal.isSuccess} onClick={() => portal.mutate("portal")}>
      Open Stripe's portal
    </Button>
  );
}

const columns = [
  {
    key: "method",
    header: "Method",
    cell: (row: PaymentMethod) => <Stacked note={endOf(row)}>{methodName(row)}</Stacked>,
  },
  {
    key: "acts",
    header: "",
    width: "clamp(7.5rem, 34vw, 16rem)",
    align: "right" as const,
    cell: (row: PaymentMethod) => <MethodActs row={row} />,
  },
];

function MethodActs({ row }: { row: PaymentMethod }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const show = (next: Awaited<ReturnType<typeof api.paymentMethods>>) =>
    client.setQueryData(queries.paymentMethods().queryKey, next);
  const choose = useMutation({
    mutationFn: () => api.choosePaymentMethod(row.id),
    onSuccess: show,
    onError: (error) => toast.error(error.message),
  });
  return (
    <span className="flex flex-wrap items-center justify-end gap-x-3 gap-y-1 text-sm font-medium">
      {row.is_default ? (
        <Badge tone="ok">Default at {companyName(row.provider)}</Badge>
      ) : (
        <button
          type="button"
          className="underline disabled:opacity-60"
          disabled={choose.isPending}
          aria-label={`Make ${methodName(row)} the default at ${companyName(row.provider)}`}
          onClick={() => choose.mutate()}
        >
          Make default
        </button>
      )}
      <button
        type="button"
        className="underline"
        aria-label={`Remove ${methodName(row)}`}
        onClick={() => setAsking(true)}
      >
        Remove
      </button>
      <Confirm
        open={asking}
        onOpenChange={setAsking}
        title={`Remove ${methodName(row)}`}
        action="Remove it"
        danger
        onConfirm={async () => show(await api.removePaymentMethod(row.id))}
      >
        The payment company forgets it as well. To use it again you give it anew.
      </Confirm>
    </span>
  );
}
