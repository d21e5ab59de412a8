/** The account that is paid: one in every world. */
export const MERCHANT = { email_address: "merchant@sandbox.test", merchant_id: "SANDBXMERCH22" };
