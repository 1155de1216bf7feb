-- One row is one type of gift that was sent, and the number that stands for it in led_gift.
-- grain: gift_no
-- for: speed
select
    cast(row_number() over (order by gift_id) as integer) as gift_no,
    gift_id
from (select distinct gift_id from stg_gift_events) as sent
