-- Whom the operating system says the one who signed, decided or granted was: one
-- account that plays two people is told. Empty in rows from before.

alter table carat_users add column os_user text not null default '';
alter table carat_sign_offs add column os_user text not null default '';
alter table carat_decisions add column os_user text not null default '';
alter table carat_locks add column prepared_os text not null default '';
alter table carat_locks add column approved_os text not null default '';
alter table carat_locks add column reopened_os text not null default '';
