import type { Tx } from "../../../platform/db/index.ts";

const MOST = 50;

/** Where the installation's operators are told what they must know. */
export async function operatorAddresses(tx: Tx): Promise<string[]> {
  const rows = await tx.query<{ email: string }>(
    "identity_operator_addresses",
    `select email from identity.users
     where is_operator and disabled_at is null and erase_at is null order by created_at, id limit ${MOST}`,
  );
  return rows.map(({ email }) => email);
}
