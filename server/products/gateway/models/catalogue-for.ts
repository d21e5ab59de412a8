import type { Gateway } from "../settling/state.ts";
import type { Catalogue } from "./catalogue.ts";

/** The models at the prices of an organization's plan; costs nothing while no plan has prices of its own. */
export async function catalogueFor(
  { registry, policies }: Pick<Gateway, "registry" | "policies">,
  { orgId, mode }: { orgId: Parameters<Gateway["policies"]["of"]>[0]; mode: "test" | "live" },
): Promise<Catalogue> {
  if (registry.planCatalogues.size === 0) return registry.catalogue;
  const { plan } = await policies.of(orgId, mode);
  return registry.planCatalogues.get(plan.key) ?? registry.catalogue;
}
