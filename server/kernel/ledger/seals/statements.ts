/**
 * SQL of seals. As the operator, across organizations.
 *
 * What is hashed, so that anybody can do it again: an entry is the SHA-256 of the JSON array
 * `[position, mode, account, unit, amount]` as PostgreSQL's `json_build_array` writes it; a transaction that of
 * `[org_id, id, mode, kind, reference, posted_at in µs]` followed by the hashes of its entries.
 */

const ENTRIES = `
  select coalesce(string_agg(
      sha256(convert_to(json_build_array(e.position, e.mode, e.account, e.unit, e.amount)::text, 'UTF8')),
      ''::bytea order by e.position), ''::bytea) as entry_hashes,
    array_agg(e.position order by e.position) as positions
  from ledger.entries e where e.org_id = t.org_id and e.transaction_id = t.id`;

const ROW_TEXT = `convert_to(json_build_array(t.org_id, t.id, t.mode, t.kind, t.reference,
  (extract(epoch from t.posted_at) * 1000000)::bigint)::text, 'UTF8')`;

const BY_ID = `id collate "C", org_id collate "C"`;

/** Seals a page: $1 the seal, $2 posted before, $3 nothing unsealed is older, $4 and $5 after whom, $6 how many. */
export const SEAL_PAGE = `
  with hashed as (
    select t.org_id, t.id, e.entry_hashes, sha256(${ROW_TEXT} || e.entry_hashes) as hash
    from (
      select * from ledger.transactions t
      where t.posted_at < $2 and t.posted_at >= $3
        and (id collate "C", org_id collate "C") > ($4::text collate "C", $5::text collate "C")
        and not exists (
          select from ledger.seal_members m where m.org_id = t.org_id and m.transaction_id = t.id)
      order by ${BY_ID} limit $6) t
    cross join lateral (${ENTRIES}) e
  ), added as (
    insert into ledger.seal_members (org_id, transaction_id, seal_number, entry_hashes, hash)
    select org_id, id, $1, entry_hashes, hash from hashed order by ${BY_ID}
  )
  select org_id, id, hash, length(entry_hashes) / 32 as entries from hashed order by ${BY_ID}`;

/**
 * A page of a seal's members as they were sealed and as they are: $1 the seal, $2 and $3 after whom, $4 how many. A
 * transaction that is gone has no `found`.
 */
export const READ_PAGE = `
  select m.org_id, m.transaction_id as id, m.hash, m.entry_hashes as sealed_entries,
    t.id is not null as found, e.entry_hashes as entries, e.positions,
    coalesce(m.hash = sha256(${ROW_TEXT} || e.entry_hashes) and m.entry_hashes = e.entry_hashes, false) as sound
  from (
    select * from ledger.seal_members
    where seal_number = $1
      and (transaction_id collate "C", org_id collate "C") > ($2::text collate "C", $3::text collate "C")
    order by transaction_id collate "C", org_id collate "C" limit $4) m
  left join ledger.transactions t on t.org_id = m.org_id and t.id = m.transaction_id
  left join lateral (${ENTRIES}) e on true
  order by m.transaction_id collate "C", m.org_id collate "C"`;
