import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { llm } from "../../api/llm.ts";
import type { PriceVersionRow } from "../../api/types.ts";
import { formatInteger, humanize } from "../../lib/format.ts";
import { Id, Time } from "../../ui/amounts.tsx";
import { Button } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { Confirm, Drawer } from "../../ui/dialog.tsx";
import { Fact, Facts, Part } from "../../ui/facts.tsx";
import { Notice } from "../../ui/states.tsx";
import { changePercent, priceOf } from "./usd.ts";

type Props = { version: PriceVersionRow; onClose(): void };

/** One version: of a draft what it would change, and the decision. */
export function PriceDrawer({ version, onClose }: Props) {
  const [deciding, setDeciding] = useState<"approve" | "reject" | null>(null);
  const client = useQueryClient();
  const decide = async () => {
    await llm.decidePrices(version.version, deciding === "approve");
    toast.success(deciding === "approve" ? "The new prices count" : "Rejected");
    await client.invalidateQueries({ queryKey: ["llm"] });
    await client.invalidateQueries({ queryKey: ["models"] });
  };
  const draft = version.state === "draft";
  return (
    <Drawer
      open
      onOpenChange={onClose}
      title={version.provider}
      subtitle={version.version}
      actions={
        draft && (
          <>
            <Button size="sm" onClick={() => setDeciding("reject")}>
              Reject
            </Button>
            <Button size="sm" variant="primary" onClick={() => setDeciding("approve")}>
              Approve
            </Button>
          </>
        )
      }
    >
      <Part title="Version">
        <Facts>
          <Fact name="State">
            {humanize(version.state)}{" "}
            {version.reason && (
              <span className="text-text-3">The provider listed other prices before anybody decided</span>
            )}
          </Fact>
          <Fact name="Made">
            <Time at={version.created_at} />
          </Fact>
          <Fact name="Decided">
            <Time at={version.decided_at} />
          </Fact>
          {version.decided_by && (
            <Fact name="By">
              <Id id={version.decided_by} />
            </Fact>
          )}
        </Facts>
      </Part>
      {draft && <Changes changes={version.changes} />}
      <Confirm
        open={deciding !== null}
        onOpenChange={() => setDeciding(null)}
        title={deciding === "approve" ? "Let these prices count?" : "Reject these prices?"}
        action={deciding === "approve" ? "Approve" : "Reject"}
        onConfirm={decide}
      >
        {deciding === "approve"
          ? "Calls that begin from now on are held and charged by them. Those under way keep the old ones."
          : "They never count. What the provider lists is read again in time."}
      </Confirm>
    </Drawer>
  );
}

function Changes({ changes }: Pick<PriceVersionRow, "changes">) {
  return (
    <Part title={`What it changes (${formatInteger(changes.length)})`}>
      {changes.length === 0 ? (
        <div className="px-5">
          <Notice title="No price is another than the one that counts now." />
        </div>
      ) : (
        <div className="overflow-x-auto px-5">
          <table className="w-full text-sm">
            <caption className="pb-2 text-left text-xs text-text-3">
              USD per million tokens; of a request, an image, a search and a second of sound for each
            </caption>
            <thead className="text-left text-xs text-text-2">
              <tr>
                <th scope="col" className="py-1 font-medium">
                  Model
                </th>
                <th scope="col" className="py-1 font-medium">
                  Line
                </th>
                <th scope="col" className="py-1 text-right font-medium">
                  Now
                </th>
                <th scope="col" className="py-1 text-right font-medium">
                  Then
                </th>
              </tr>
            </thead>
            <tbody>
              {changes.map((change) => (
                <ChangeRow key={`${change.model} ${change.tier ?? ""} ${change.line}`} {...change} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Part>
  );
}

function ChangeRow({ model, line, tier, from, to }: PriceVersionRow["changes"][number]) {
  const percent = changePercent(from, to);
  return (
    <tr className="border-t border-line">
      <td className="py-1.5 pr-2 font-mono text-xs break-all">{model}</td>
      <td className="py-1.5 pr-2">
        {humanize(line)}
        {tier !== null && <span className="block text-2xs text-text-3">{tier}</span>}
      </td>
      <td className="num py-1.5 pr-2 text-right">{from === null ? "–" : priceOf(line, from)}</td>
      <td className="num py-1.5 text-right">
        {to === null ? "–" : priceOf(line, to)}
        {percent !== null && (
          <span className={cx("block text-2xs whitespace-nowrap", percent > 0 ? "text-bad" : "text-ok")}>
            {percent > 0 ? "+" : "−"}
            {Math.abs(percent).toFixed(1)} %
          </span>
        )}
      </td>
    </tr>
  );
}
