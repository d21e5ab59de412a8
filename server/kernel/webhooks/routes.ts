import type { Http } from "../../platform/http/index.ts";
import type { Inbox } from "./inbox.ts";

/** `POST /webhooks/{source}` and the operator's view of the inbox. */
export function webhookRoutes(_http: Http, _inbox: Inbox): void {}
