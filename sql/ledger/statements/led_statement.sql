-- One row is one statement of the month: of one creator, by one entity, in one currency; and the number that stands for it.
-- grain: statement_no
-- Every creator with a movement or a balance has one. Numbers go by creator, entity and currency and hold within one run.
with keys as (
    select creator_id, entity, currency
    from led_creator_rollforward
    where opening_diamonds <> 0 or closing_diamonds <> 0 or credited_diamonds <> 0 or reversed_diamonds <> 0
        or adjusted_diamonds <> 0 or redeemed_diamonds <> 0 or returned_diamonds <> 0
        or opening_amount <> 0 or closing_amount <> 0
    union
    select creator_id, entity, currency
    from led_gift_earning
    union
    select creator_id, entity, value_currency as currency
    from led_diamond_valued
    union
    select creator_id, entity, currency
    from led_payout_sum
    where creator_id is not null
        and (withheld_amount <> 0 or fee_amount <> 0 or paid_amount <> 0 or failed_amount <> 0 or in_transit_amount <> 0)
)

select
    cast(row_number() over (order by creator_id, entity, currency) as integer) as statement_no,
    creator_id,
    entity,
    currency
from keys
