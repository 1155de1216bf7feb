-- One row is coins of one kind that a viewer gave on one day, in the order of the day's gifts.
-- grain: viewer_no, day, debit_no, place
-- Only of viewers with coins of several kinds. Coins that a later lot has paid for by the end of the period are of that
-- lot's kind, those that none has paid for are debt. A viewer who needs no replay owes what the gifts took beyond all lots, and
-- that lies at the end of their axis.
with mixed as (
    select
        led_viewer_class.viewer_no,
        led_lot_class.class_no as debt_class,
        led_viewer_replayed.viewer_no is not null as is_replayed
    from led_viewer_class
    inner join led_viewer
        on led_viewer.viewer_no = led_viewer_class.viewer_no
    inner join led_lot_class
        on led_lot_class.entity = led_viewer.entity
        and led_lot_class.channel = 'debt'
    left join led_viewer_replayed
        on led_viewer_replayed.viewer_no = led_viewer_class.viewer_no
    where led_viewer_class.class_no is null
),

simple_parts as (
    select
        led_lot_given.viewer_no,
        led_lot_given.day,
        cast(0 as bigint) as debit_no,
        led_lot_given.lot_no as place,
        led_lot_given.class_no,
        led_lot_given.before - led_lot_given.after as coins
    from led_lot_given
    inner join mixed
        on mixed.viewer_no = led_lot_given.viewer_no
    where led_lot_given.day is not null
),

indebted as (
    select
        mixed.viewer_no,
        mixed.debt_class,
        rolls.gifted_before + rolls.gifted + rolls.closing as supplied
    from mixed
    inner join led_viewer_rollforward as rolls
        on rolls.viewer_no = mixed.viewer_no
    where rolls.closing < 0 and not mixed.is_replayed
),

simple_debts as (
    select
        indebted.viewer_no,
        led_viewer_day.day,
        cast(0 as bigint) as debit_no,
        cast(9223372036854775807 as bigint) as place,
        indebted.debt_class as class_no,
        least(led_viewer_day.coins, led_viewer_day.upto - indebted.supplied) as coins
    from led_viewer_day
    inner join indebted
        on indebted.viewer_no = led_viewer_day.viewer_no
    where led_viewer_day.day is not null and led_viewer_day.upto > indebted.supplied
),

given as (
    select
        led_lot_event.viewer_no,
        led_lot_event.event_no,
        led_quarter_day.day,
        led_lot_event.coins,
        mixed.debt_class
    from led_lot_event
    inner join run
        on run.period = led_lot_event.accounting_month
    inner join mixed
        on mixed.viewer_no = led_lot_event.viewer_no
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(led_lot_event.effective_at)
    where led_lot_event.kind = 'gift'
),

replayed_parts as (
    select
        given.viewer_no,
        given.day,
        given.event_no as debit_no,
        row_number() over (
            partition by given.viewer_no, given.event_no
            order by led_lot_take.segment_no, led_lot_take.lot_event_no
        ) as place,
        led_lot_balance.class_no,
        led_lot_take.before - led_lot_take.after as coins
    from given
    inner join led_lot_take
        on led_lot_take.viewer_no = given.viewer_no
        and led_lot_take.debit_no = given.event_no
    inner join led_lot_balance
        on led_lot_balance.viewer_no = led_lot_take.viewer_no
        and led_lot_balance.lot_no = led_lot_take.lot_no
),

covered as (
    select viewer_no, debit_no, cast(sum(coins) as bigint) as coins
    from replayed_parts
    group by viewer_no, debit_no
),

replayed_debts as (
    select
        given.viewer_no,
        given.day,
        given.event_no as debit_no,
        cast(9223372036854775807 as bigint) as place,
        given.debt_class as class_no,
        given.coins - coalesce(covered.coins, 0) as coins
    from given
    left join covered
        on covered.viewer_no = given.viewer_no
        and covered.debit_no = given.event_no
    where given.coins > coalesce(covered.coins, 0)
)

select viewer_no, day, debit_no, place, class_no, coins
from simple_parts
union all
select viewer_no, day, debit_no, place, class_no, coins
from simple_debts
union all
select viewer_no, day, debit_no, place, class_no, coins
from replayed_parts
union all
select viewer_no, day, debit_no, place, class_no, coins
from replayed_debts
