set local lock_timeout = '5s';

-- Whoever was invited may sign up through another company as well. The invitation's token waits sealed until they are back.
alter table identity.oauth_states add column invitation_sealed bytea;
