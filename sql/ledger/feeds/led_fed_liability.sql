-- One row is one fed balance of the accounts contract_liability or deferred_store_fee beside carat's own.
-- grain: subject_id, entity, channel, currency, as_of
-- Fed as subject_kind account, subject_id contract_liability or deferred_store_fee, with amount. A row without channel is of all
-- channels, one without currency of all currencies, told in functional currency. The balance is just before as_of; carat keeps
-- its liability by days, so only rows at the start of a day are compared; that with which carat began is what the openings of the
-- viewers come to. Breakage taken ahead is off the coin liability (ahead_amount says how much). Where a rate is missing nobody knows carat's, and it is null.
with fed as (
    select
        stg_balances.subject_id,
        stg_balances.entity,
        stg_balances.channel,
        stg_balances.currency,
        stg_balances.as_of,
        stg_balances.amount,
        stg_balances.batch_id,
        stg_balances.source_line,
        case stg_balances.subject_id when 'contract_liability' then 'liability' else 'store_fee' end as identity,
        run_days.day as last_day
    from stg_balances
    cross join run
    inner join run_days
        on run_days.day_end = stg_balances.as_of
    where stg_balances.subject_kind = 'account'
        and stg_balances.subject_id in ('contract_liability', 'deferred_store_fee')
        and stg_balances.amount is not null
        and stg_balances.as_of > run.first_start
    union all
    select
        led_opening_balance.subject_id,
        led_opening_balance.entity,
        led_opening_balance.channel,
        led_opening_balance.currency,
        run.period_start as as_of,
        led_opening_balance.amount,
        led_opening_balance.batch_id,
        led_opening_balance.source_line,
        case led_opening_balance.subject_id when 'contract_liability' then 'liability' else 'store_fee' end as identity,
        cast(null as date) as last_day
    from led_opening_balance
    cross join run
    where led_opening_balance.subject_kind = 'account'
        and led_opening_balance.subject_id in ('contract_liability', 'deferred_store_fee')
        and led_opening_balance.amount is not null
        and run.period = run.first_period
),

openings as (
    select identity, entity, channel, currency, opening, functional_opening
    from led_liability_rollforward
),

moves as (
    select
        entity,
        channel,
        currency,
        day,
        case
            when event_class in ('sold', 'restored') then 1
            when event_class in ('promotion', 'refund_money') then 0
            else -1
        end as direction,
        value,
        fee,
        functional_value,
        functional_fee
    from led_liability_day
),

parts as (
    select
        fed.subject_id, fed.entity, fed.channel, fed.currency, fed.as_of,
        case when fed.currency is null then openings.functional_opening else openings.opening end as amount
    from fed
    inner join openings
        on openings.identity = fed.identity
        and openings.entity = fed.entity
    where (fed.channel is null or openings.channel = fed.channel)
        and (fed.currency is null or openings.currency = fed.currency)
    union all
    select
        fed.subject_id, fed.entity, fed.channel, fed.currency, fed.as_of,
        moves.direction * case
            when fed.identity = 'liability' and fed.currency is null then moves.functional_value
            when fed.identity = 'liability' then moves.value
            when fed.currency is null then moves.functional_fee
            else moves.fee
        end as amount
    from fed
    inner join moves
        on moves.entity = fed.entity
        and moves.day <= fed.last_day
    where (fed.channel is null or moves.channel = fed.channel)
        and (fed.currency is null or moves.currency = fed.currency)
),

-- breakage ahead is taken off the account at the month's end
ahead as (
    select
        fed.subject_id, fed.entity, fed.channel, fed.currency, fed.as_of,
        -case when fed.as_of >= run.period_end then led_liability_ahead.closing else led_liability_ahead.opening end as amount
    from fed
    cross join run
    inner join led_liability_ahead
        on led_liability_ahead.identity = 'breakage_ahead'
        and led_liability_ahead.entity = fed.entity
    where fed.subject_id = 'contract_liability'
        and (fed.channel is null or led_liability_ahead.channel = fed.channel)
        and (fed.currency is null or led_liability_ahead.currency = fed.currency)
),

own as (
    select subject_id, entity, channel, currency, as_of, known_sum(amount) as amount, known_sum(ahead_amount) as ahead_amount
    from (
        select subject_id, entity, channel, currency, as_of, amount, 0 as ahead_amount
        from parts
        union all
        select subject_id, entity, channel, currency, as_of, amount, amount as ahead_amount
        from ahead
    ) as told
    group by subject_id, entity, channel, currency, as_of
)

select
    fed.subject_id,
    fed.entity,
    fed.channel,
    fed.currency,
    fed.as_of,
    cast(fed.amount as decimal(38, 9)) as fed_amount,
    cast(case when own.entity is null then 0 else own.amount end as decimal(38, 9)) as own_amount,
    cast(case when own.entity is null then 0 else -own.ahead_amount end as decimal(38, 9)) as ahead_amount,
    coalesce(fed.currency, run_entities.functional_currency, run.reporting_currency) as unit,
    fed.batch_id,
    fed.source_line
from fed
cross join run
left join run_entities
    on run_entities.entity = fed.entity
left join own
    on own.subject_id = fed.subject_id
    and own.entity = fed.entity
    and own.channel is not distinct from fed.channel
    and own.currency is not distinct from fed.currency
    and own.as_of = fed.as_of
