-- One row is a quarter of an hour in which gifts of one accounting month were sent.
-- grain: accounting_month, quarter
-- for: speed
-- Days, months and first periods begin with a quarter in every time zone, so whatever asks on which days there were gifts, or
-- when the first was, asks here and not the gifts.
select
    accounting_month,
    quarter_hour(sent_at) as quarter,
    min(sent_at) as first_at
from stg_gift_events
group by accounting_month, quarter_hour(sent_at)
