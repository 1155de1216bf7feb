-- One row is the number of rows of one batch that the history holds.
-- grain: batch_id
-- each: feed
-- Counted over every raw table, all versions, so that a lost or doubled row shows.
select batch_id, count(*) as held_rows
from {table}
group by batch_id
