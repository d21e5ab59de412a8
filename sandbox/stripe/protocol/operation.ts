import type { World } from "../../core/company.ts";
import { StripeError, notBuilt } from "./errors.ts";
import type { Form } from "./form.ts";
import { readParams, type ParamShape, type Read } from "./params.ts";
import unbuilt from "../unbuilt.json" with { type: "json" };

/** What an event tells of the request that caused it; both null when Stripe itself did. */
export type Cause = { id: string | null; idempotency_key: string | null };

export type Call<P> = { world: World; id: string; params: P; cause: Cause };

export type Operation = {
  method: "GET" | "POST" | "DELETE";
  /** As in Stripe's reference, e.g. `/v1/customers/{id}`; at most one variable. */
  path: string;
  shape: ParamShape;
  /** Reads the parameters, which may throw; what comes back acts on the books. */
  prepare(world: World, id: string, form: Form, cause: Cause): () => unknown;
};

/** Names by operation, with spaces between; `unbuilt.test.ts` draws it up from the published parameters. */
const UNBUILT: Readonly<Record<string, string | undefined>> = unbuilt;

/** Declares an operation. `run` must not await: what it reads and writes belongs together. */
export function operation<S extends ParamShape>(
  method: Operation["method"],
  path: string,
  shape: S,
  run: (call: Call<Read<S>>) => unknown,
): Operation {
  return {
    method,
    path,
    shape,
    prepare(world, id, form, cause) {
      let params: Read<S>;
      try {
        params = readParams(shape, form);
      } catch (error) {
        throw orUnbuilt(error, `${method} ${path}`);
      }
      return () => run({ world, id, params, cause });
    },
  };
}

/** A parameter that Stripe has and the sandbox does not play is not "unknown". */
function orUnbuilt(error: unknown, name: string): unknown {
  if (!(error instanceof StripeError) || error.body.code !== "parameter_unknown") return error;
  const param = (error.body.param ?? "").replaceAll(/\[\d+\]/g, "").replaceAll(/\[([^\]]*)\]/g, ".$1");
  return UNBUILT[name]?.split(" ").includes(param) === true
    ? notBuilt(`the parameter ${error.body.param} of ${name}`)
    : error;
}
