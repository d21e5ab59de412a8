import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queries } from "../../api/queries.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { cx } from "../../ui/class-names.ts";
import { TextField } from "../../ui/field.tsx";
import { Notice } from "../../ui/states.tsx";
import { ProviderMark, providerName } from "./provider-marks.tsx";
import { visitError } from "./visit-errors.ts";

const route = getRouteApi("/sign-in");

/** Why the way through another company did not end here, or what is left to do. */
export function VisitNotice() {
  const { error, provider = "", link } = route.useSearch();
  if (link !== undefined)
    return (
      <Notice tone="info" title="There is an account with this address">
        Sign in as you did before. Then you can connect {providerName(link)} to it.
      </Notice>
    );
  if (error === undefined) return null;
  const { tone, title, text } = visitError(error, providerName(provider));
  return (
    <Notice tone={tone} title={title}>
      {text}
    </Notice>
  );
}

/** The other companies that this installation takes people's word from; none, and nothing is shown. */
export function ProviderButtons() {
  const { next } = route.useSearch();
  const { data } = useQuery(queries.signInProviders());
  if (!data || data.providers.length === 0) return null;
  const query = next === undefined ? "" : `?return_to=${encodeURIComponent(next)}`;
  return (
    <div className="flex flex-col gap-2.5">
      <p className="flex items-center gap-3 text-xs text-text-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        or
      </p>
      {data.providers.map((provider) => (
        <a
          key={provider}
          href={`/api/auth/oauth/${provider}${query}`}
          className={cx(buttonClass("secondary"), "w-full")}
        >
          <ProviderMark provider={provider} />
          Continue with {providerName(provider)}
        </a>
      ))}
      <CompanySignIn next={next} />
    </div>
  );
}

/** The issuer of one's organization is found by the domain of one's address, so that is asked first. */
function CompanySignIn({ next }: { next: string | undefined }) {
  const [asking, setAsking] = useState(false);
  const go = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const email = String(new FormData(event.currentTarget).get("company_email"));
    const query = new URLSearchParams({ email, ...(next === undefined ? {} : { return_to: next }) });
    location.assign(`/api/auth/sso?${query}`);
  };
  if (!asking)
    return (
      <Button variant="ghost" onClick={() => setAsking(true)}>
        Use your company's sign-in
      </Button>
    );
  return (
    <form onSubmit={go} className="flex flex-col gap-2.5">
      <TextField label="Address at your company" name="company_email" type="email" required />
      <Button type="submit">Go on</Button>
    </form>
  );
}
