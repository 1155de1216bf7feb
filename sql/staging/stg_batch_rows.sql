-- One row is the number of rows of one batch that the history holds.
-- grain: batch_id
-- Counted over every raw table, all versions, so that a lost or doubled row shows.
select batch_id, count(*) as held_rows
from raw_fx_rates
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_gift_catalog
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_coin_packages
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_conversion_rates
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_creators
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_payout_rules
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_resellers
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_balances
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_coin_purchases
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_gift_events
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_payouts
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_diamond_adjustments
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_coin_adjustments
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_settlement_lines
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_provider_payments
group by batch_id
union all
select batch_id, count(*) as held_rows
from raw_bank_lines
group by batch_id
