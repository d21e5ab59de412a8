import type { Me } from "../../api/types.ts";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts } from "../../ui/facts.tsx";
import { Notice } from "../../ui/states.tsx";
import { messageOf } from "../../api/problem.ts";
import { ScopeList } from "./scopes.tsx";

type Props = {
  me: Me;
  appName: string;
  scopes: readonly string[];
  /** Who is really asking: an address, a device. */
  facts: readonly (readonly [name: string, value: string])[];
  warning: string;
  error: unknown;
  /** What was pressed and is under way. */
  deciding: boolean | null;
  onDecide(approve: boolean): void;
};

/** Names the app, who would let it in and to what, and takes a yes or a no. */
export function Question({ me, appName, scopes, facts, warning, error, deciding, onDecide }: Props) {
  return (
    <>
      <header className="px-5 pt-5 pb-3">
        <h1 className="text-base font-semibold">Let {appName} in?</h1>
        <p className="mt-1 text-sm text-text-2">{warning}</p>
      </header>
      <Facts>
        <Fact name="You">{me.user.email}</Fact>
        <Fact name="Organization">{me.organization.name}</Fact>
        {facts.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value}
          </Fact>
        ))}
      </Facts>
      <div className="flex flex-col gap-4 border-t border-line px-5 pt-4 pb-5">
        <p className="text-sm font-medium">As you, in this organization, it may</p>
        <ScopeList scopes={scopes} />
        {error !== null && (
          <Notice tone="bad" title="That did not work">
            {messageOf(error)}
          </Notice>
        )}
        <div className="flex gap-2">
          <Button
            variant="primary"
            className="flex-1"
            busy={deciding === true}
            disabled={deciding !== null}
            onClick={() => onDecide(true)}
          >
            Allow
          </Button>
          <Button
            className="flex-1"
            busy={deciding === false}
            disabled={deciding !== null}
            onClick={() => onDecide(false)}
          >
            Do not allow
          </Button>
        </div>
      </div>
    </>
  );
}
