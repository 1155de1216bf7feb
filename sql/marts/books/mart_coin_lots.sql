-- One row is one lot of coins that is open at the end of the period, with the coins, value and store fee left in it.
-- grain: lot_id, entity, viewer_id
-- materialized: view
-- result: coin_lots
-- order: lot_id, entity, viewer_id
-- What November opens with is what October closed with, because both replay the same rows. Coins that nobody paid for are lots
-- of channel 'promotion' at zero, a fed opening balance that names no channel is one of channel 'opening'. fx_rate is the rate of
-- the purchase's day to the entity's functional currency; it stays.
select
    run.period,
    run.run_id,
    led_lot_balance.lot_id,
    led_viewer.viewer_id,
    led_lot_balance.entity,
    led_lot_balance.channel,
    led_lot_balance.currency,
    led_lot_balance.acquired_at,
    led_lot_balance.closing_coins as coins_left,
    from_millionths(led_lot_balance.closing_value) as value_left,
    from_millionths(led_lot_balance.closing_fee) as fee_left,
    led_lot_balance.fx_rate,
    led_lot_balance.origin,
    led_lot_balance.functional_currency,
    from_millionths(led_lot_balance.closing_functional_value) as functional_value_left,
    from_millionths(led_lot_balance.closing_functional_fee) as functional_fee_left
from led_lot_balance
cross join run
inner join led_viewer
    on led_viewer.viewer_no = led_lot_balance.viewer_no
where led_lot_balance.closing_coins > 0
