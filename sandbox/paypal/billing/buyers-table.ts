/** What buyers were told to do when money is taken without them. */
export const BUYERS_TABLE = `
create table if not exists paypal_buyers (email text primary key, renewals text not null) without rowid;`;
