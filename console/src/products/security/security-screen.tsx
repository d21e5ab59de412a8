import { Page } from "../../ui/page.tsx";
import { AppsPanel } from "./apps-panel.tsx";
import { ConnectedAccounts } from "./connected-accounts.tsx";
import { MfaPanel } from "./mfa-panel.tsx";
import { PasskeysPanel } from "./passkeys-panel.tsx";
import { PasswordPanel } from "./password-panel.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";

export function SecurityScreen() {
  return (
    <Page title="Security" about="The ways in to your account, and who has used them.">
      <MfaPanel />
      <PasskeysPanel />
      <PasswordPanel />
      <ConnectedAccounts />
      <AppsPanel />
      <SessionsPanel />
    </Page>
  );
}
