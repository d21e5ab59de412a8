import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { proofQueries } from "../../api/proof.ts";
import { daysAgo } from "../../lib/series.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { FilterTabs } from "../../ui/filter-tabs.tsx";
import { Page } from "../../ui/page.tsx";
import { TIME_RANGES, timeRangeOf } from "../operator/time-range.ts";
import { ProofBreaksCard } from "./breaks-card.tsx";
import { ProofDaysCards } from "./days-cards.tsx";
import { DriftsCard } from "./drifts-card.tsx";
import { ProofDialog } from "./proof-dialog.tsx";

const route = getRouteApi("/app/proof");

/** What model calls cost by our rows, by the ledger and by the providers' own books. */
export function ProofScreen() {
  const days = timeRangeOf(route.useSearch().days);
  const navigate = useNavigate();
  const [starting, setStarting] = useState(false);
  const busy = useUnderWay();
  return (
    <Page
      title="Proof"
      about="Each night at 03:00 UTC what the day's model calls cost is compared: our rows with the ledger, and with what the providers say themselves."
      actions={
        <>
          {busy && (
            <Badge tone="info" dot pulse>
              under way
            </Badge>
          )}
          <FilterTabs
            label="Time"
            value={days}
            options={TIME_RANGES}
            onChange={(next) => void navigate({ to: "/proof", search: { days: next }, replace: true })}
          />
          <Button variant="primary" onClick={() => setStarting(true)}>
            Prove a day
          </Button>
        </>
      }
    >
      <ProofBreaksCard />
      <ProofDaysCards from={daysAgo(Number(days) - 1)} to={daysAgo(0)} />
      <DriftsCard />
      <ProofDialog open={starting} onOpenChange={setStarting} />
    </Page>
  );
}

/** Whether a proof runs; what it found is read when it has ended. */
function useUnderWay(): boolean {
  const client = useQueryClient();
  const { data } = useQuery(proofQueries.runs());
  const busy = data?.data.some(({ finished_at }) => finished_at === null) ?? false;
  useEffect(() => {
    if (!busy)
      void client.invalidateQueries({
        queryKey: ["proof"],
        predicate: ({ queryKey }) => queryKey[1] !== "runs",
      });
  }, [busy, client]);
  return busy;
}
