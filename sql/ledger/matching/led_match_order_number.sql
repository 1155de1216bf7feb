-- One row is one order in numbers: what totals need to know of it. check_no is null where it names no transaction.
-- grain: key_no (several rows where a transaction has several orders)
-- for: speed
select
    key_no,
    case when match_key is not null then check_number(match_key) end as check_no,
    entity,
    channel,
    currency,
    amount,
    booked_fee,
    known_fee,
    taken_at
from led_match_order
