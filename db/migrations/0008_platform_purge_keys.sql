-- Idempotency keys are forgotten after 72 hours: a sweep finds, as the operator, whose are due, and deletes behind each
-- organization's own wall. What was asked and answered stays unreadable to it.
set local lock_timeout = '5s';
grant usage on schema platform to holdfast_operator;
grant select (org_id, created_at) on platform.idempotency_keys to holdfast_operator;
create policy operator_reads on platform.idempotency_keys for select to holdfast_operator using (true);
