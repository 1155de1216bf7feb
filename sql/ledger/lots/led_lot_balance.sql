-- One row is one lot that was open when the period began, or came or was given coins back within it, with what is left at both ends.
-- grain: viewer_no, lot_no
-- Left coins of a replayed viewer are the replay's; of all others the part of the lot's interval that no gift has reached. What
-- is left of the money at n of N coins is value - floor(value x (N - n) / N). A lot that broke by inactivity carries none; its
-- viewer is one who is replayed.
-- Amounts are whole millionths.
with simple as (
    select
        led_lot.viewer_no,
        led_lot.lot_no,
        led_lot_class.class_no,
        led_lot.entity,
        led_lot.lot_id,
        led_lot.origin,
        led_lot.channel,
        led_lot.currency,
        led_lot.functional_currency,
        led_lot.fx_rate,
        led_lot.accounting_month,
        led_lot.acquired_at,
        led_lot.coins,
        led_lot.value,
        led_lot.fee,
        led_lot.functional_value,
        led_lot.functional_fee,
        case when led_lot.came_before
            then greatest(0, least(
                coalesce(led_carried_lot.left_coins, led_lot.coins),
                coalesce(led_carried_lot.upto, led_lot.upto) - coalesce(led_viewer_rollforward.gifted_before, 0)
            ))
            else 0
        end as opening_coins,
        greatest(0, least(
            coalesce(led_carried_lot.left_coins, led_lot.coins),
            coalesce(led_carried_lot.upto, led_lot.upto) - coalesce(led_viewer_rollforward.gifted_before + led_viewer_rollforward.gifted, 0)
        )) as closing_coins
    from led_lot
    inner join led_lot_class
        on led_lot_class.entity = led_lot.entity
        and led_lot_class.channel = led_lot.channel
        and led_lot_class.currency = led_lot.currency
    left join led_viewer_replayed
        on led_viewer_replayed.viewer_no = led_lot.viewer_no
    left join led_viewer_rollforward
        on led_viewer_rollforward.viewer_no = led_lot.viewer_no
    left join led_carried_lot
        on led_carried_lot.viewer_no = led_lot.viewer_no
        and led_carried_lot.lot_no = led_lot.lot_no
    where led_viewer_replayed.viewer_no is null
        and (
            not led_lot.came_before
            or (
                coalesce(led_carried_lot.upto, led_lot.upto) > coalesce(led_viewer_rollforward.gifted_before, 0)
                and (coalesce(led_carried_lot.left_coins > 0, true) or led_lot.coins = 0)
            )
        )
),

made as (
    select
        led_lot_event.viewer_no,
        coalesce(led_lot_event.lot_no, -led_lot_event.event_no) as lot_no,
        led_lot_event.event_no,
        led_lot_event.accounting_month,
        case when led_lot_event.kind = 'lot' then coalesce(led_lot.coins, led_lot_event.coins) else led_lot_replay.after end as coins,
        -- with which it came into the run
        case when led_lot_event.kind = 'lot' then led_lot_event.coins else led_lot_replay.after end as left_coins,
        coalesce(led_lot.came_before, led_lot_event.accounting_month < run.period) as came_before
    from led_lot_event
    cross join run
    left join led_lot
        on led_lot.viewer_no = led_lot_event.viewer_no
        and led_lot.lot_no = led_lot_event.lot_no
    left join led_lot_replay
        on led_lot_replay.step = 'made'
        and led_lot_replay.viewer_no = led_lot_event.viewer_no
        and led_lot_replay.lot_no = led_lot_event.event_no
    where led_lot_event.kind = 'lot' or led_lot_replay.viewer_no is not null
),

taken as (
    select
        led_lot_take.viewer_no,
        led_lot_take.lot_no,
        cast(sum(case
            when led_lot_take.accounting_month < run.period then led_lot_take.before - led_lot_take.after
            else 0
        end) as bigint) as earlier_coins,
        max(led_lot_take.accounting_month) as last_month
    from led_lot_take
    cross join run
    group by led_lot_take.viewer_no, led_lot_take.lot_no
),

replayed as (
    select
        made.viewer_no,
        made.lot_no,
        made.event_no,
        made.coins,
        made.accounting_month,
        coalesce(taken.last_month = run.period, false) or not made.came_before as is_moved,
        case when made.came_before then made.left_coins - coalesce(taken.earlier_coins, 0) else 0 end as opening_coins,
        coalesce(led_lot_replay.after, 0) as closing_coins
    from made
    cross join run
    left join taken
        on taken.viewer_no = made.viewer_no
        and taken.lot_no = made.lot_no
    left join led_lot_replay
        on led_lot_replay.step = 'open'
        and led_lot_replay.viewer_no = made.viewer_no
        and led_lot_replay.lot_no = made.event_no
),

moved as (
    select
        led_lot.viewer_no,
        led_lot.lot_no,
        led_lot.entity,
        led_lot.lot_id,
        led_lot.origin,
        led_lot.channel,
        led_lot.currency,
        led_lot.functional_currency,
        led_lot.fx_rate,
        led_lot.accounting_month,
        led_lot.acquired_at,
        led_lot.coins,
        led_lot.value,
        led_lot.fee,
        led_lot.functional_value,
        led_lot.functional_fee,
        replayed.opening_coins,
        replayed.closing_coins
    from replayed
    cross join run
    inner join led_lot
        on led_lot.viewer_no = replayed.viewer_no
        and led_lot.lot_no = replayed.lot_no
    where replayed.is_moved or replayed.opening_coins > 0 or replayed.closing_coins > 0
    union all
    select
        replayed.viewer_no,
        replayed.lot_no,
        led_viewer.entity,
        led_lot_event.source_id as lot_id,
        'reversal' as origin,
        'promotion' as channel,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        cast(1 as decimal(18, 9)) as fx_rate,
        replayed.accounting_month,
        led_lot_event.effective_at as acquired_at,
        replayed.coins,
        cast(0 as bigint) as value,
        cast(0 as bigint) as fee,
        0 as functional_value,
        0 as functional_fee,
        replayed.opening_coins,
        replayed.closing_coins
    from replayed
    cross join run
    inner join led_lot_event
        on led_lot_event.viewer_no = replayed.viewer_no
        and led_lot_event.event_no = replayed.event_no
    inner join led_viewer
        on led_viewer.viewer_no = replayed.viewer_no
    left join run_entities
        on run_entities.entity = led_viewer.entity
    where replayed.lot_no < 0
        and (replayed.is_moved or replayed.opening_coins > 0 or replayed.closing_coins > 0)
),

broken as (
    select
        moved.viewer_no,
        moved.lot_no,
        min(led_lot_break.accounting_month) as broken_month
    from moved
    inner join led_lot_break
        on led_lot_break.viewer_no = moved.viewer_no
        and led_lot_break.accounting_month >= moved.accounting_month
    group by moved.viewer_no, moved.lot_no
),

lots as (
    select
        viewer_no, lot_no, class_no, entity, lot_id, origin, channel, currency, functional_currency, fx_rate, accounting_month,
        acquired_at, coins, value, fee, functional_value, functional_fee, cast(null as varchar) as broken_month, opening_coins,
        closing_coins, opening_coins as opening_carried, closing_coins as closing_carried
    from simple
    union all
    select
        moved.viewer_no,
        moved.lot_no,
        led_lot_class.class_no,
        moved.entity,
        moved.lot_id,
        moved.origin,
        moved.channel,
        moved.currency,
        moved.functional_currency,
        moved.fx_rate,
        moved.accounting_month,
        moved.acquired_at,
        moved.coins,
        moved.value,
        moved.fee,
        moved.functional_value,
        moved.functional_fee,
        broken.broken_month,
        moved.opening_coins,
        moved.closing_coins,
        -- the coins at whose value each end is carried
        case when coalesce(broken.broken_month, run.period) < run.period then 0 else moved.opening_coins end as opening_carried,
        case when broken.broken_month is null then moved.closing_coins else 0 end as closing_carried
    from moved
    cross join run
    inner join led_lot_class
        on led_lot_class.entity = moved.entity
        and led_lot_class.channel = moved.channel
        and led_lot_class.currency = moved.currency
    left join broken
        on broken.viewer_no = moved.viewer_no
        and broken.lot_no = moved.lot_no
)

select
    viewer_no,
    lot_no,
    class_no,
    entity,
    lot_id,
    origin,
    channel,
    currency,
    functional_currency,
    fx_rate,
    accounting_month,
    acquired_at,
    coins,
    value,
    fee,
    functional_value,
    functional_fee,
    broken_month,
    opening_coins,
    carried_small(value, opening_carried, coins) as opening_value,
    carried_small(fee, opening_carried, coins) as opening_fee,
    case when currency = functional_currency then cast(carried_small(value, opening_carried, coins) as decimal(38, 0))
        else carried(functional_value, opening_carried, coins)
    end as opening_functional_value,
    case when currency = functional_currency then cast(carried_small(fee, opening_carried, coins) as decimal(38, 0))
        else carried(functional_fee, opening_carried, coins)
    end as opening_functional_fee,
    closing_coins,
    carried_small(value, closing_carried, coins) as closing_value,
    carried_small(fee, closing_carried, coins) as closing_fee,
    case when currency = functional_currency then cast(carried_small(value, closing_carried, coins) as decimal(38, 0))
        else carried(functional_value, closing_carried, coins)
    end as closing_functional_value,
    case when currency = functional_currency then cast(carried_small(fee, closing_carried, coins) as decimal(38, 0))
        else carried(functional_fee, closing_carried, coins)
    end as closing_functional_fee
from lots
