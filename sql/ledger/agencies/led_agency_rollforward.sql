-- One row is the month of what one agency is owed in one currency: opening, movements, closing.
-- grain: agency_id, entity, currency
-- Signed as they change what is owed, so that opening + the movements = closing: accrued, reversed, clawed back, adjusted, redeemed,
-- returned, and rounding, which payouts gave up. It is money, and never revalued. closing is told on its own, as the opening that was
-- fed and all that moved since.
with parts as (
    select agency_id, entity, currency, 'opening' as line, amount, amount as closing_part
    from led_agency_opening
    union all
    select
        led_agency_movement.agency_id,
        led_agency_movement.entity,
        led_agency_movement.currency,
        case when led_agency_movement.accounting_month = run.period then led_agency_movement.kind else 'opening' end as line,
        led_agency_movement.amount,
        led_agency_movement.amount as closing_part
    from led_agency_movement
    cross join run
    union all
    select
        led_agency_payout.agency_id,
        led_agency_payout.entity,
        led_agency_payout.currency,
        case when led_payout_event.accounting_month = run.period then 'rounding' else 'opening' end as line,
        -led_agency_payout.rounding as amount,
        -led_agency_payout.rounding as closing_part
    from led_agency_payout
    cross join run
    inner join led_payout_event
        on led_payout_event.payout_id = led_agency_payout.payout_id
        and led_payout_event.step = 0
)

select
    agency_id,
    entity,
    currency,
    cast(sum(case when line = 'opening' then amount else 0 end) as decimal(38, 9)) as opening_amount,
    cast(sum(case when line = 'accrued' then amount else 0 end) as decimal(38, 9)) as accrued_amount,
    cast(sum(case when line = 'reversed' then amount else 0 end) as decimal(38, 9)) as reversed_amount,
    cast(sum(case when line = 'clawed_back' then amount else 0 end) as decimal(38, 9)) as clawed_back_amount,
    cast(sum(case when line = 'adjusted' then amount else 0 end) as decimal(38, 9)) as adjusted_amount,
    cast(sum(case when line = 'redeemed' then amount else 0 end) as decimal(38, 9)) as redeemed_amount,
    cast(sum(case when line = 'returned' then amount else 0 end) as decimal(38, 9)) as returned_amount,
    cast(sum(case when line = 'rounding' then amount else 0 end) as decimal(38, 9)) as rounding_amount,
    cast(sum(closing_part) as decimal(38, 9)) as closing_amount
from parts
group by agency_id, entity, currency
