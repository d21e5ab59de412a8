/** Faults of both companies, all on at once, each struck at random: what the soak runs in. */
import type { Product } from "./product.ts";
import type { Random } from "./random.ts";

/** The provider's own ways to go wrong, besides those of the `storm` preset. */
const MODEL_FAULTS = [
  "stall",
  "empty_body",
  "broken_json",
  "html_502",
  "error_first",
  "error_after_role",
  "error_mid",
  "cut_before_usage",
  "no_usage",
  "zero_usage",
  "cumulative_usage",
  "doubled_usage",
  "split_utf8",
  "big_chunk",
  "cost_unlike_table",
  "lookup_404",
] as const;
/** Company by company, where they are not what this is about: waiting takes a minute each. */
const LEFT_OUT: Readonly<Record<string, readonly string[]>> = {
  openrouter: ["stall"],
  // Without books a figure that is told is the last word, also where it is zero or not what is billed.
  openai: ["stall", "zero_usage", "doubled_usage", "cost_unlike_table", "lookup_404"],
  anthropic: ["stall", "zero_usage", "doubled_usage", "cost_unlike_table", "lookup_404"],
};
const CALL_FAULTS = ["corrupt", "wrong_type"] as const;

/** Switches everything on: the storm, and each other fault at a probability of its own between 0.5 % and 3 %. */
export async function switchOnEverything(product: Product, random: Random): Promise<number> {
  await product.control("POST", "preset", { preset: "storm" });
  const probability = () => random.between(5, 30) / 1_000;
  for (const fault of MODEL_FAULTS)
    await product.control("POST", "faults", { company: "openrouter", fault, probability: probability() });
  for (const fault of CALL_FAULTS)
    await product.control("POST", "faults", { fault, probability: probability() });
  return (await product.control<{ data: unknown[] }>("GET", "faults")).data.length;
}

/** The ways in which answers of these companies go wrong, each at a probability of its own between 1 % and 4 %. */
export async function switchOnModelFaults(product: Product, random: Random): Promise<number> {
  for (const [company, left] of Object.entries(LEFT_OUT))
    for (const fault of MODEL_FAULTS) {
      const probability = random.between(10, 40) / 1_000;
      if (!left.includes(fault)) await product.control("POST", "faults", { company, fault, probability });
    }
  return (await product.control<{ data: unknown[] }>("GET", "faults")).data.length;
}

export async function calm(product: Product): Promise<void> {
  await product.control("DELETE", "faults");
}
