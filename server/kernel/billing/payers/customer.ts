/** Who pays, as the organization says it. Pure types. */
import type { CustomerAddress, MethodFact as StripeMethod, TaxId } from "../../../vendors/stripe/index.ts";
import type { Mode } from "../../ledger/index.ts";

export type { CustomerAddress, TaxId };

/** A company's account that sells, and its mode. */
export type PayAccount = { id: string; mode: Mode; provider: "stripe" | "paypal" };

/** Something that is kept to be paid by. */
type MethodFact = StripeMethod & { email: string | null };

/** A customer with all that it pays by; `defaultMethodId` is null where the company knows no default. */
export type CustomerFact =
  | { id: string; deleted: true }
  | { id: string; deleted: false; defaultMethodId: string | null; methods: MethodFact[] };

export type Profile = {
  name: string | null;
  email: string | null;
  address: CustomerAddress | null;
  taxIds: TaxId[];
};

export type Customer = Profile & {
  /** The company's id; null while it has none. */
  providerId: string | null;
  version: number;
  toldVersion: number;
  refusedCode: string | null;
  /** How many times it was deleted there. */
  deletions: number;
  fetchSeq: bigint;
  /** What names it was erased, for good. */
  erased: boolean;
};

/** A customer whole, as the company has it now. */
export type CustomerFetched = { found: CustomerFact; fetchSeq: bigint };

export const NOBODY: Customer = {
  name: null,
  email: null,
  address: null,
  taxIds: [],
  providerId: null,
  version: 0,
  toldVersion: 0,
  refusedCode: null,
  deletions: 0,
  fetchSeq: 0n,
  erased: false,
};
