-- What remembers the address that a letter went to: a hash under a key that lies with names
-- and addresses, so that it can be recorded. address_sha256 is of before, and no longer
-- read once its rows were brought over.
alter table carat_sent add column address_hash text not null default '';
create index carat_sent_creator on carat_sent (creator_id);
