import { createRoute } from "@tanstack/react-router";
import { AdjustmentsScreen, type AdjustmentsSearch } from "../products/adjustments/adjustments-screen.tsx";
import { ADJUSTMENT_STATES } from "../products/adjustments/adjustment-state.tsx";
import {
  AllPaymentsScreen,
  type AllPaymentsSearch,
  PAYMENT_FILTERS,
  PROVIDERS,
} from "../products/all-payments/all-payments-screen.tsx";
import { PlanVersionsScreen } from "../products/plan-versions/plan-versions-screen.tsx";
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

/** The installation's books, for operators. */
export const booksRoutes = [seals, adjustments, allPayments, planVersions] as const;
