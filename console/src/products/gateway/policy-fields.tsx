import type { ApiError } from "../../api/problem.ts";
import { Checkbox, SelectField } from "../../ui/field.tsx";
import { CacheFields, CompressionFields, MemoryField, RoutingFields } from "./option-fields.tsx";
import type { AnyPolicy } from "./policy-form.ts";

const ONCE = "Do not pay for a lost call twice";
const HOW =
  "A retry by an SDK within two minutes gets the answer of the call whose connection was lost; such calls are read to their end.";

/** What calls do where they say nothing: of an organization, which may leave it to the installation, or `ofAll` of them. */
export function PolicyFields({
  policy,
  ofAll = false,
  problem,
}: {
  policy: AnyPolicy;
  ofAll?: boolean;
  problem: ApiError | null;
}) {
  const unsaid = ofAll ? "Only where a call asks for it" : "As the installation has it";
  const mayRefuse = !ofAll;
  return (
    <>
      <RoutingFields routing={policy.routing ?? {}} unsaid={ofAll ? "As it comes" : unsaid} />
      <CacheFields cache={policy.cache} unsaid={unsaid} mayRefuse={mayRefuse} />
      <CompressionFields
        compression={policy.compression}
        unsaid={unsaid}
        mayRefuse={mayRefuse}
        errorOf={(field) => problem?.fieldError(field)}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <MemoryField memory={policy.memory} unsaid={unsaid} mayRefuse={mayRefuse} />
        {ofAll ? (
          <Checkbox
            name="fold_retries"
            label={ONCE}
            note={HOW}
            defaultChecked={policy.fold_retries === true}
          />
        ) : (
          <SelectField
            label={ONCE}
            name="fold_retries"
            hint={HOW}
            defaultValue={policy.fold_retries === null ? "" : policy.fold_retries ? "on" : "off"}
          >
            <option value="">{unsaid}</option>
            <option value="on">A retry gets the first call's answer</option>
            <option value="off">A retry is a call of its own</option>
          </SelectField>
        )}
      </div>
    </>
  );
}
