import { createRoute } from "@tanstack/react-router";
import { AdjustmentsScreen, type AdjustmentsSearch } from "../products/adjustments/adjustments-screen.tsx";
import { ADJUSTMENT_STATES } from "../products/adjustments/adjustment-state.tsx";
import {
  AllPaymentsScreen,
  type AllPaymentsSearch,
  PAYMENT_FILTERS,
  PROVIDERS,
} from "../products/all-payments/all-payments-screen.tsx";
import { CustomerDrawer } from "../products/customers/customer-drawer.tsx";
import { CustomersScreen, type CustomersSearch } from "../products/customers/customers-screen.tsx";
import {
  DISPUTES_SHOWN,
  DisputesScreen,
  type DisputesSearch,
} from "../products/disputes/disputes-screen.tsx";
import { PlanVersionsScreen } from "../products/plan-versions/plan-versions-screen.tsx";
import { REPORTS } from "../products/reports/report-figures.ts";
import { ReportsScreen, type ReportsSearch } from "../products/reports/reports-screen.tsx";
import { SealsScreen } from "../products/seals/seals-screen.tsx";
import { app, type Search, texts } from "./roots.ts";

const seals = createRoute({ getParentRoute: () => app, path: "/seals", component: SealsScreen });
const adjustments = createRoute({
  getParentRoute: () => app,
  path: "/adjustments",
  component: AdjustmentsScreen,
  validateSearch: (search: Search): AdjustmentsSearch => {
    const state = ADJUSTMENT_STATES.find(({ value }) => value === search["state"])?.value;
    return { ...texts("org", "give")(search), ...(state && { state }) };
  },
});
const allPayments = createRoute({
  getParentRoute: () => app,
  path: "/all-payments",
  component: AllPaymentsScreen,
  validateSearch: (search: Search): AllPaymentsSearch => {
    const status = PAYMENT_FILTERS.find(({ value }) => value === search["status"])?.value;
    const provider = PROVIDERS.find((each) => each === search["provider"]);
    return { ...texts("org")(search), ...(status && { status }), ...(provider && { provider }) };
  },
});
const planVersions = createRoute({
  getParentRoute: () => app,
  path: "/plan-versions",
  component: PlanVersionsScreen,
});
const disputes = createRoute({
  getParentRoute: () => app,
  path: "/disputes",
  component: DisputesScreen,
  validateSearch: (search: Search): DisputesSearch => {
    const show = DISPUTES_SHOWN.find(({ value }) => value === search["show"])?.value;
    return { ...texts("org")(search), ...(show && { show }) };
  },
});
const customers = createRoute({
  getParentRoute: () => app,
  path: "/customers",
  component: CustomersScreen,
  validateSearch: (search: Search): CustomersSearch => ({
    ...texts("name")(search),
    // The router reads `true` as a truth value.
    ...(String(search["disputed"]) === "true" && { disputed: "true" as const }),
  }),
});
const customer = createRoute({
  getParentRoute: () => customers,
  path: "$orgId",
  component: CustomerDrawer,
});
const reports = createRoute({
  getParentRoute: () => app,
  path: "/reports",
  component: ReportsScreen,
  validateSearch: (search: Search): ReportsSearch => {
    const report = REPORTS.find(({ value }) => value === search["report"])?.value;
    return { ...texts("days")(search), ...(report && { report }) };
  },
});

/** The installation's books, for operators. */
export const booksRoutes = [
  seals,
  adjustments,
  allPayments,
  planVersions,
  disputes,
  reports,
  customers.addChildren([customer]),
] as const;
