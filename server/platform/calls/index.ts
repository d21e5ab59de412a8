/** What calls to outside companies share: how they can fail, and when they are not even tried. */
export { createBreaker, type Breaker } from "./breaker.ts";
export { CompanyFault, type FaultKind } from "./fault.ts";
