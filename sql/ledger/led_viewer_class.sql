-- One row is one viewer with the kind of coins that all of the month's gifts were paid with, null where there are several.
-- grain: viewer_no
-- Nearly all viewers buy in one way, and then no gift has to be looked at. Without any lot all is debt.
with lots as (
    select
        led_lot_balance.viewer_no,
        min(led_lot_class.class_no) as lowest_class,
        max(led_lot_class.class_no) as highest_class
    from led_lot_balance
    inner join led_lot_class
        on led_lot_class.entity = led_lot_balance.entity
        and led_lot_class.channel = led_lot_balance.channel
        and led_lot_class.currency = led_lot_balance.currency
    group by led_lot_balance.viewer_no
),

debts as (
    select led_lot_class.entity, led_lot_class.class_no
    from led_lot_class
    where led_lot_class.channel = 'debt'
)

select
    led_viewer.viewer_no,
    case
        when lots.viewer_no is null then debts.class_no
        when lots.lowest_class = lots.highest_class and led_viewer_rollforward.closing >= 0 then lots.lowest_class
    end as class_no
from led_viewer_rollforward
inner join led_viewer
    on led_viewer.viewer_id = led_viewer_rollforward.viewer_id
    and led_viewer.entity = led_viewer_rollforward.entity
inner join debts
    on debts.entity = led_viewer.entity
left join lots
    on lots.viewer_no = led_viewer.viewer_no
