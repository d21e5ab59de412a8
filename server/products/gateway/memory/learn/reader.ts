import { Problem } from "../../../../platform/problem.ts";
import { laidFor } from "../../options/laid.ts";
import { routeCall } from "../../routing/route-call.ts";
import type { Gateway } from "../../settling/state.ts";
import type { Heard } from "./heard.ts";

/**
 * The model that reads what was said: the organization's choice for its calls, else the installation's, where the payer may have it
 * serve them within the call's own wishes; else the one that read it already.
 */
export async function readerOf(gateway: Gateway, { payer, model, routing }: Heard): Promise<string> {
  const { organization } = await laidFor(gateway, payer);
  const wanted = organization?.memory_model ?? gateway.deps.memoryModel;
  if (!wanted) return model;
  try {
    const body = routing ? { holdfast: { routing } } : {};
    await routeCall(gateway, payer, { model: wanted, task: "chat", body }, {});
    return wanted;
  } catch (error) {
    if (error instanceof Problem) return model;
    throw error;
  }
}
