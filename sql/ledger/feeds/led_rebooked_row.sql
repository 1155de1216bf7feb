-- One row is a rejected row whose key stands in the history all the same: it was corrected and came again.
-- grain: feed, row_key
-- each: feed
-- Keys are compared whole, as the feed spells them; a row whose key could not be read, or was what was wrong, is not here.
select distinct rejects.feed, rejects.row_key
from led_rejected_row as rejects
cross join run
inner join (
    select {row_key} as row_key
    from {table}
) as held
    on held.row_key = rejects.row_key
where rejects.feed = {feed} and rejects.accounting_month = run.period
