import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClass } from "../ui/button.tsx";
import { Page } from "../ui/page.tsx";
import { Empty, Failure } from "../ui/states.tsx";

export function NotFound() {
  return (
    <Page title="Not found">
      <Empty
        icon={<Compass className="size-5" />}
        title="There is no such page"
        action={
          <Link to="/" className={buttonClass("primary")}>
            Go to the overview
          </Link>
        }
      >
        The address may be mistyped, or you may lack the right to see it.
      </Empty>
    </Page>
  );
}

export function Broken({ error, reset }: { error: unknown; reset(): void }) {
  return <Failure error={error} onRetry={reset} />;
}
