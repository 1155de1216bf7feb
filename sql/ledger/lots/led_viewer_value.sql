-- One row is one viewer's lots of the month, together.
-- grain: viewer_no
-- A viewer's lots may be of several currencies, so the value is told in the entity's functional currency, each lot at the rate of
-- its purchase's day; without that rate it is null. Whole millionths. The lowest and the highest kind of coins are the same where all lots are of one kind.
select
    viewer_no,
    cast(sum(closing_coins) as bigint) as closing_coins,
    cast(known_sum(closing_functional_value) as decimal(38, 0)) as closing_functional_value,
    min(class_no) as lowest_class,
    max(class_no) as highest_class
from led_lot_balance
group by viewer_no
