-- A decision can be an exchange rate: its value and source, the pair and day
-- that it tells, and the month in which it was needed.
alter table carat_decisions add column rate_value text not null default '';
alter table carat_decisions add column rate_source text not null default '';
alter table carat_decisions add column rate_pair text not null default '';
alter table carat_decisions add column rate_period text not null default '';
