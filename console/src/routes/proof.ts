import { createRoute } from "@tanstack/react-router";
import { MarginScreen } from "../products/proof/margin-screen.tsx";
import { ProofScreen } from "../products/proof/proof-screen.tsx";
import { app, texts } from "./roots.ts";

const proof = createRoute({
  getParentRoute: () => app,
  path: "/proof",
  component: ProofScreen,
  validateSearch: texts("days"),
});
const margin = createRoute({
  getParentRoute: () => app,
  path: "/margin",
  component: MarginScreen,
  validateSearch: texts("days"),
});

/** What model calls cost on every side, for operators. */
export const proofRoutes = [proof, margin] as const;
