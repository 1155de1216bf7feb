-- One row is the number of a transaction whose orders and lines didn't pair one to one.
-- grain: key_no
-- One order beside one line, equal within the tolerance, in amount and, where both know it, in fee, is a pair. What names no
-- transaction never is. These are matched row by row in led_match_item.
select unpaired_no as key_no
from led_match_pair
where unpaired_no is not null
union
select key_no
from led_match_repeated
