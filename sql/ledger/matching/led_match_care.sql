-- One row is the number of a transaction whose orders and lines need a closer look.
-- grain: key_no
-- One order beside one line, equal within the tolerance, in amount and, where both know it, in fee, needs none. What names no
-- transaction always does.
select care_no as key_no
from led_match_pair
where care_no is not null
union
select key_no
from led_match_repeated
