-- One row is the number of a transaction that has several orders or several lines, or of what names no transaction.
-- grain: key_no
-- for: speed
-- They are matched row by row. Joined with each other they would be as many rows as orders times lines: a report that writes
-- "n/a" for its transactions would stop the month.
select key_no
from led_match_order_number
where check_no is not null
group by key_no
having count(*) > 1
union
select key_no
from led_match_line_number
where check_no is not null
group by key_no
having count(*) > 1
union
select key_no
from led_match_order_number
where check_no is null
union
select key_no
from led_match_line_number
where check_no is null
