import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { Toaster } from "sonner";
import { ApiError } from "./api/problem.ts";
import { router } from "./router.tsx";
import { EndWarning } from "./shell/end-warning.tsx";
import { ProofDialog } from "./shell/proof-dialog.tsx";
import { TipProvider } from "./ui/tooltip.tsx";
import "./styles.css";

/** What the caller did wrong stays wrong; what the server could not do is tried twice more. */
const retry = (count: number, error: Error): boolean =>
  count < 2 &&
  !(error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429);

/** As the server asked; else a little longer each time. */
const retryDelay = (count: number, error: Error): number =>
  error instanceof ApiError && error.retryAfterMs !== null ? error.retryAfterMs : 1_000 * 2 ** count;

const client = new QueryClient({
  defaultOptions: { queries: { retry, retryDelay, staleTime: 2_000 }, mutations: { retry: false } },
});

const root = document.getElementById("root");
if (!root) throw new Error("The page has no root element.");
createRoot(root).render(
  <QueryClientProvider client={client}>
    <TipProvider>
      <RouterProvider router={router} />
      <ProofDialog />
      <EndWarning />
      <Toaster
        position="bottom-right"
        toastOptions={{
          classNames: {
            toast: "!bg-raised !text-text !border-line !shadow-float !rounded-lg !text-sm",
            description: "!text-text-2",
          },
        }}
      />
    </TipProvider>
  </QueryClientProvider>,
);
