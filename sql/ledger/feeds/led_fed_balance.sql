-- One row is one quantity of one fed balance beside carat's own at that instant.
-- grain: subject_kind, subject_id, entity, currency, as_of, quantity_kind (a viewer's also by channel)
-- Openings are not compared: they are where carat begins. Only what a creator's opening diamonds are worth is, because carat
-- tells that by its rate. Balances within the period, up to its end, are.
with fed as (
    select
        subject_kind,
        subject_id,
        entity,
        channel,
        currency,
        as_of,
        as_of < run.period_end as is_within,
        coins,
        diamonds,
        amount,
        batch_id,
        source_line
    from stg_balances
    cross join run
    where as_of > run.period_start and as_of > run.first_start and as_of <= run.period_end
),

creator_amounts as (
    select subject_id, entity, currency, as_of, amount, batch_id, source_line
    from fed
    where subject_kind = 'creator' and amount is not null
    union all
    select
        led_opening_balance.subject_id,
        led_opening_balance.entity,
        led_opening_balance.currency,
        run.period_start as as_of,
        led_opening_balance.amount,
        led_opening_balance.batch_id,
        led_opening_balance.source_line
    from led_opening_balance
    cross join run
    where led_opening_balance.subject_kind = 'creator'
        and led_opening_balance.amount is not null
        and run.period = run.first_period
),

viewers_within as (
    select
        led_viewer.viewer_no,
        fed.subject_id,
        fed.entity,
        fed.as_of
    from fed
    inner join led_viewer
        on led_viewer.viewer_id = fed.subject_id
        and led_viewer.entity = fed.entity
    where fed.subject_kind = 'viewer'
        and fed.coins is not null
        and fed.channel is null
        and fed.currency is null
        and fed.is_within
),

viewer_within as (
    select
        viewers_within.subject_id,
        viewers_within.entity,
        viewers_within.as_of,
        cast(sum(led_coin_change.coins) as bigint) as coins
    from viewers_within
    inner join led_coin_change
        on led_coin_change.viewer_no = viewers_within.viewer_no
        and led_coin_change.effective_at < viewers_within.as_of
    group by viewers_within.subject_id, viewers_within.entity, viewers_within.as_of
)

select
    fed.subject_kind,
    fed.subject_id,
    fed.entity,
    fed.currency,
    fed.as_of,
    'coins' as quantity_kind,
    cast(fed.coins as decimal(38, 9)) as fed_quantity,
    cast(case
        when fed.as_of = run.period_end then coalesce(led_viewer_rollforward.closing, 0)
        else coalesce(led_viewer_rollforward.opening, 0) + coalesce(viewer_within.coins, 0)
    end as decimal(38, 9)) as own_quantity,
    'coins' as unit,
    fed.batch_id,
    fed.source_line
from fed
cross join run
left join led_viewer_rollforward
    on led_viewer_rollforward.viewer_id = fed.subject_id
    and led_viewer_rollforward.entity = fed.entity
left join viewer_within
    on viewer_within.subject_id = fed.subject_id
    and viewer_within.entity = fed.entity
    and viewer_within.as_of = fed.as_of
where fed.subject_kind = 'viewer' and fed.coins is not null and fed.channel is null and fed.currency is null
union all
select
    'viewer' as subject_kind,
    subject_id,
    entity,
    currency,
    as_of,
    'coins' as quantity_kind,
    cast(fed_coins as decimal(38, 9)) as fed_quantity,
    cast(own_coins as decimal(38, 9)) as own_quantity,
    'coins' as unit,
    batch_id,
    source_line
from led_fed_lot
where fed_coins is not null
union all
select
    'viewer' as subject_kind,
    subject_id,
    entity,
    currency,
    as_of,
    'amount' as quantity_kind,
    cast(fed_amount as decimal(38, 9)) as fed_quantity,
    cast(own_amount as decimal(38, 9)) as own_quantity,
    unit,
    batch_id,
    source_line
from led_fed_lot
where fed_amount is not null
union all
select
    'viewer' as subject_kind,
    subject_id,
    entity,
    currency,
    as_of,
    'deferred_fee' as quantity_kind,
    cast(fed_fee as decimal(38, 9)) as fed_quantity,
    cast(own_fee as decimal(38, 9)) as own_quantity,
    unit,
    batch_id,
    source_line
from led_fed_lot
where fed_fee is not null
union all
select
    fed.subject_kind,
    fed.subject_id,
    fed.entity,
    fed.currency,
    fed.as_of,
    'diamonds' as quantity_kind,
    cast(fed.diamonds as decimal(38, 9)) as fed_quantity,
    cast(coalesce(led_creator_balance.balance_diamonds, 0) as decimal(38, 9)) as own_quantity,
    'diamonds' as unit,
    fed.batch_id,
    fed.source_line
from fed
left join led_creator_balance
    on led_creator_balance.creator_id = fed.subject_id
    and led_creator_balance.entity = fed.entity
    and led_creator_balance.range_to = fed.as_of
where fed.subject_kind = 'creator' and fed.diamonds is not null
union all
select
    'creator' as subject_kind,
    creator_amounts.subject_id,
    creator_amounts.entity,
    creator_amounts.currency,
    creator_amounts.as_of,
    'amount' as quantity_kind,
    cast(creator_amounts.amount as decimal(38, 9)) as fed_quantity,
    -- a fed amount has six decimals, so it is compared with carat's to six
    cast(cast(coalesce(
        case
            when creator_amounts.currency is null or creator_amounts.currency = led_creator_balance.value_currency
                then led_creator_balance.balance_diamonds * led_creator_balance.diamond_value
        end,
        0
    ) as decimal(38, 6)) as decimal(38, 9)) as own_quantity,
    coalesce(creator_amounts.currency, led_creator_balance.value_currency, run.reporting_currency) as unit,
    creator_amounts.batch_id,
    creator_amounts.source_line
from creator_amounts
cross join run
left join led_creator_balance
    on led_creator_balance.creator_id = creator_amounts.subject_id
    and led_creator_balance.entity = creator_amounts.entity
    and led_creator_balance.range_to = creator_amounts.as_of
