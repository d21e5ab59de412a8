/** SQL of deadlines and expiries. The two that look for what is due run as the operator, across organizations. */

/** Locked in the order of their ids, as settling locks them, before any is changed: else the two could wait for each other. */
const lockedHolds = (and: string): string => `array(
    select id from ledger.holds
    where org_id = $1 and id = any((select $2::text[])::text[]) and state = 'pending' ${and}
    order by id for no key update)`;

export const EXTEND_HOLDS = `
  update ledger.holds set deadline_at = $3
  where org_id = $1 and id = any(${lockedHolds("")})
  returning id`;

export const DUE_HOLDS = `
  select org_id, id from ledger.holds
  where state = 'pending' and deadline_at <= $2 and owner = $1
  order by deadline_at, org_id, id limit $3`;

/** Asks again for state and deadline: the hold may have been settled or extended meanwhile. */
export const EXPIRE_HOLDS = `
  update ledger.holds set state = 'expired'
  where org_id = $1 and id = any(${lockedHolds("and deadline_at <= $3")})
  returning id`;

export const DUE_GRANTS = `
  select distinct org_id, mode, unit from (
    select org_id, mode, unit from ledger.grants
    where expires_at <= $1 and expired_at is null and exhausted_at is null and remaining > held
    limit $2) due
  order by org_id, mode, unit`;
