-- One row is one viewer with the kind of coins that all of the month's gifts were paid with, null where there are several.
-- grain: viewer_no
-- for: speed
-- Nearly all viewers buy in one way, and then no gift has to be looked at. Without any lot all is debt.
with debts as (
    select entity, class_no
    from led_lot_class
    where channel = 'debt'
)

select
    rolls.viewer_no,
    case
        when led_viewer_value.viewer_no is null then debts.class_no
        when led_viewer_value.lowest_class = led_viewer_value.highest_class and rolls.closing >= 0 then led_viewer_value.lowest_class
    end as class_no
from led_viewer_rollforward as rolls
inner join debts
    on debts.entity = rolls.entity
left join led_viewer_value
    on led_viewer_value.viewer_no = rolls.viewer_no
