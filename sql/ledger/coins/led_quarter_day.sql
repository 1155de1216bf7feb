-- One row is one quarter of an hour in which coins were bought, given or taken back, with its day in the configured zone.
-- grain: quarter
-- for: speed
-- A time zone's days are made of quarters, and there are few of them: the calendar is asked once for each, not for each row.
with instants as (
    select quarter_hour(purchased_at) as quarter
    from stg_coin_purchases
    cross join run
    where accounting_month <= run.period and purchased_at >= run.first_start
    union
    select quarter_hour(adjusted_at) as quarter
    from stg_coin_adjustments
    cross join run
    where accounting_month <= run.period and adjusted_at >= run.first_start
    union
    select quarter
    from led_gift_quarter
    cross join run
    where accounting_month = run.period and quarter >= run.first_start
    union
    -- rows that were late or early count at the edges of their month
    select quarter_hour(month_start) as quarter
    from run_months
    union
    select quarter_hour(closing_instant) as quarter
    from run_months
)

select
    instants.quarter,
    local_day(instants.quarter, run.time_zone) as day
from instants
cross join run
