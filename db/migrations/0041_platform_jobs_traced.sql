-- Which request a job comes from, as the W3C header names its span: the job's trace goes on from there.
set local lock_timeout = '5s';
alter table platform.job_queue add column traceparent text check (length(traceparent) = 55);
