-- One row is one side of moving the cost of gifts paid with promotional coins from creators' and agencies' share to marketing.
-- grain: entity, day, rate_day, currency, role (several rows)
-- A gift paid partly with such coins is split by coins. rate_day is the gift's own day, whose exchange rate serves.
with promoted as (
    select
        led_lot_class.entity,
        greatest(
            least(led_gift_share.day, local_day(run.closing_instant, run.time_zone)), local_day(run.period_start, run.time_zone)
        ) as day,
        led_gift_share.day as rate_day,
        led_gift_share.currency,
        cast(led_gift_share.creator_amount as decimal(38, 9)) as creator_amount,
        cast(led_gift_share.agency_amount as decimal(38, 9)) as agency_amount
    from led_gift_share
    cross join run
    inner join led_lot_class
        on led_lot_class.class_no = led_gift_share.class_no
    where led_lot_class.channel = 'promotion'
)

select entity, day, rate_day, 'promotion' as event_class, currency, 'marketing' as role, creator_amount + agency_amount as amount
from promoted
union all
select entity, day, rate_day, 'promotion', currency, 'creator_share', -creator_amount
from promoted
union all
select entity, day, rate_day, 'promotion', currency, 'agency_share', -agency_amount
from promoted
