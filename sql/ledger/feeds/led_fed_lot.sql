-- One row is one fed balance of a viewer that names more than coins, beside what carat's lots carry just before that instant.
-- grain: subject_id, entity, channel, currency, as_of
-- A row that names a channel or a currency is compared with the lots of that channel and currency, one that names neither with
-- all of the viewer's, its money then in functional currency. Within the month the lots are those of the replay: such viewers are in
-- led_viewer_replayed. Where a rate is missing nobody knows the money, and it is null.
with fed as (
    select
        led_viewer.viewer_no,
        stg_balances.subject_id,
        stg_balances.entity,
        stg_balances.channel,
        stg_balances.currency,
        stg_balances.as_of,
        stg_balances.coins,
        stg_balances.amount,
        stg_balances.deferred_fee,
        stg_balances.batch_id,
        stg_balances.source_line
    from stg_balances
    cross join run
    inner join led_viewer
        on led_viewer.viewer_id = stg_balances.subject_id
        and led_viewer.entity = stg_balances.entity
    where stg_balances.subject_kind = 'viewer'
        and stg_balances.as_of > run.period_start
        and stg_balances.as_of > run.first_start
        and stg_balances.as_of <= run.period_end
        and (
            stg_balances.amount is not null
            or stg_balances.deferred_fee is not null
            or stg_balances.channel is not null
            or stg_balances.currency is not null
        )
),

at_end as (
    select
        led_lot_balance.viewer_no,
        fed.channel,
        fed.currency,
        fed.as_of,
        sum(led_lot_balance.closing_coins) as coins,
        known_sum(case when fed.currency is null then led_lot_balance.closing_functional_value else led_lot_balance.closing_value end) as value,
        known_sum(case when fed.currency is null then led_lot_balance.closing_functional_fee else led_lot_balance.closing_fee end) as fee
    from fed
    inner join run
        on run.period_end = fed.as_of
    inner join led_lot_balance
        on led_lot_balance.viewer_no = fed.viewer_no
    where (fed.channel is null or led_lot_balance.channel = fed.channel)
        and (fed.currency is null or led_lot_balance.currency = fed.currency)
    group by led_lot_balance.viewer_no, fed.channel, fed.currency, fed.as_of
),

lots_within as (
    select
        fed.viewer_no,
        fed.channel,
        fed.currency,
        fed.as_of,
        led_lot_balance.lot_no,
        led_lot_balance.coins,
        case when led_lot_balance.broken_month < run.period then 0 when fed.currency is null then led_lot_balance.functional_value
            else led_lot_balance.value end as value,
        case when led_lot_balance.broken_month < run.period then 0 when fed.currency is null then led_lot_balance.functional_fee
            else led_lot_balance.fee end as fee,
        led_lot_balance.coins - coalesce(cast(sum(led_lot_take.before - led_lot_take.after) as bigint), 0) as coins_left
    from fed
    inner join run
        on run.period_end > fed.as_of
    inner join led_lot_balance
        on led_lot_balance.viewer_no = fed.viewer_no
        and (led_lot_balance.acquired_at < fed.as_of or led_lot_balance.origin = 'opening')
    left join led_lot_take
        on led_lot_take.viewer_no = led_lot_balance.viewer_no
        and led_lot_take.lot_no = led_lot_balance.lot_no
        and led_lot_take.counts_at < fed.as_of
    where (fed.channel is null or led_lot_balance.channel = fed.channel)
        and (fed.currency is null or led_lot_balance.currency = fed.currency)
    group by
        fed.viewer_no, fed.channel, fed.currency, fed.as_of, led_lot_balance.lot_no, led_lot_balance.coins, led_lot_balance.value,
        led_lot_balance.fee, led_lot_balance.functional_value, led_lot_balance.functional_fee, led_lot_balance.broken_month, run.period
),

own as (
    select viewer_no, channel, currency, as_of, coins, value, fee
    from at_end
    union all
    select
        viewer_no,
        channel,
        currency,
        as_of,
        sum(coins_left) as coins,
        known_sum(carried(value, coins_left, coins)) as value,
        known_sum(carried(fee, coins_left, coins)) as fee
    from lots_within
    group by viewer_no, channel, currency, as_of
)

select
    fed.subject_id,
    fed.entity,
    fed.channel,
    fed.currency,
    fed.as_of,
    case when fed.channel is null and fed.currency is null then null else fed.coins end as fed_coins,
    fed.amount as fed_amount,
    fed.deferred_fee as fed_fee,
    cast(coalesce(own.coins, 0) as bigint) as own_coins,
    from_millionths(case when own.viewer_no is null then 0 else own.value end) as own_amount,
    from_millionths(case when own.viewer_no is null then 0 else own.fee end) as own_fee,
    coalesce(fed.currency, run_entities.functional_currency, run.reporting_currency) as unit,
    fed.batch_id,
    fed.source_line
from fed
cross join run
left join run_entities
    on run_entities.entity = fed.entity
left join own
    on own.viewer_no = fed.viewer_no
    and own.channel is not distinct from fed.channel
    and own.currency is not distinct from fed.currency
    and own.as_of = fed.as_of
