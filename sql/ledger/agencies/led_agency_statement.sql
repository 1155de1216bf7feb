-- One row is one statement of an agency in the month: of one agency, by one entity, in one currency.
-- grain: agency_id, entity, currency
-- Every agency with a movement, a balance or a payout under way has one.
select agency_id, entity, currency
from led_agency_rollforward
where opening_amount <> 0 or closing_amount <> 0 or accrued_amount <> 0 or reversed_amount <> 0 or clawed_back_amount <> 0
    or adjusted_amount <> 0 or redeemed_amount <> 0 or returned_amount <> 0 or rounding_amount <> 0
union
select led_agency_movement.agency_id, led_agency_movement.entity, led_agency_movement.currency
from led_agency_movement
inner join run
    on run.period = led_agency_movement.accounting_month
union
select agency_id, entity, currency
from led_payout_sum
where agency_id is not null
    and (withheld_amount <> 0 or fee_amount <> 0 or paid_amount <> 0 or failed_amount <> 0 or in_transit_amount <> 0)
