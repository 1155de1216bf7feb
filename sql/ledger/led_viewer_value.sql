-- One row is one viewer's open lots at the end of the period, together.
-- grain: viewer_no
-- A viewer's lots may be of several currencies, so the value is told in the entity's functional currency, each lot at the rate of
-- its purchase's day. Whole millionths.
select
    viewer_no,
    functional_currency,
    cast(sum(closing_coins) as bigint) as closing_coins,
    cast(sum(closing_functional_value) as decimal(38, 0)) as closing_functional_value
from led_lot_balance
group by viewer_no, functional_currency
