-- One row is one day on which a viewer with coins of several kinds gave gifts, with the kind that paid them all.
-- grain: viewer_no, day
-- class_no is null where the day's gifts crossed from one kind to another: only on these is a gift looked at by itself.
select
    viewer_no,
    day,
    case when min(class_no) = max(class_no) then min(class_no) end as class_no
from led_spent_coin
group by viewer_no, day
