import type { Http } from "../../platform/http/index.ts";
import type { ReconciliationDeps } from "./reconciliation/index.ts";
import { reportRoutes } from "./reports/routes.ts";
import { reconciliationRoutes } from "./reconciliation/routes.ts";

export function paymentsRoutes(http: Http, deps: ReconciliationDeps): void {
  reconciliationRoutes(http, deps);
  reportRoutes(http, deps);
}
