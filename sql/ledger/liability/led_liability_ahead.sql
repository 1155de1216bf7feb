-- One row is what one channel's coins are expected to do beyond what they did, as the books carry it over the month.
-- grain: identity, entity, channel, currency
-- breakage_ahead is what of the coin liability is taken as breakage ahead (led_breakage_ahead), booked wherever breakage_rates say so;
-- refund_liability is what refunds of spent coins are expected to cost (led_refund_reserve), booked where `refund_reserve` is post, and
-- given back when it no longer is. Positive as each is named, in the entity's own currency. A month opens with what the closed month before it closed
-- with, and where carat begins with what was fed of the account refund_liability; else with what its rows would have made of the month before.
-- Null where a rate is missing.
with turn as (
    select run.period = run.first_period as is_first, run_eras.era_start is not null and run.period > run.first_period as is_closed
    from run
    left join run_eras
        on run_eras.era_start = run.period_start
),

told as (
    select 'breakage_ahead' as identity, entity, channel, functional_currency as currency, point, from_millionths(value) as amount
    from led_breakage_ahead
    union all
    select 'refund_liability' as identity, entity, channel, functional_currency as currency, point, from_millionths(value) as amount
    from led_refund_reserve
    cross join run
    where run.refund_reserve = 'post'
),

points as (
    select told.identity, told.entity, told.channel, told.currency, told.point, told.amount
    from told
    cross join turn
    where told.point = 'closing' or not turn.is_closed
    union all
    select closed.identity, closed.entity, closed.subject_id as channel, closed.currency, 'opening' as point, closed.amount
    from closed_rollforwards as closed
    cross join turn
    where turn.is_closed and closed.identity in ('breakage_ahead', 'refund_liability') and closed.line = 'closing'
        and closed.subject_kind = 'channel'
    union all
    select
        'refund_liability' as identity,
        fed.entity,
        coalesce(fed.channel, 'opening') as channel,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency,
        'opening' as point,
        coalesce(fed.functional_amount, fed.amount) as amount
    from led_opening_balance as fed
    cross join run
    cross join turn
    left join run_entities
        on run_entities.entity = fed.entity
    where turn.is_first
        and fed.subject_kind = 'account'
        and fed.subject_id = 'refund_liability'
        and fed.amount is not null
        and (fed.functional_amount is not null or coalesce(fed.currency, run_entities.functional_currency, run.reporting_currency)
            = coalesce(run_entities.functional_currency, run.reporting_currency))
)

select
    identity,
    entity,
    channel,
    currency,
    cast(known_sum(case when point = 'opening' then amount else 0 end) as decimal(38, 6)) as opening,
    cast(known_sum(case when point = 'closing' then amount else -amount end) as decimal(38, 6)) as moved,
    cast(known_sum(case when point = 'closing' then amount else 0 end) as decimal(38, 6)) as closing
from points
group by identity, entity, channel, currency
having coalesce(max(case when amount is null or amount <> 0 then 1 else 0 end), 0) = 1
