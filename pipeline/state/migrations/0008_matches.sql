-- A decision can say which rows of two sides belong together: the rows, ours first,
-- and which match they are of. rate_period is the month from which on they do.
alter table carat_decisions add column matched text not null default '';
alter table carat_decisions add column match_name text not null default '';
