-- One row is the month of one creator's diamonds and of the money owed for them: opening, movements, closing.
-- grain: creator_id, entity, currency
-- Signed as they change the balance, so that opening + the movements = closing; rounding is what payouts gave up. moved
-- is the part of revaluation with which diamonds went to the creator's new currency, or came from the one before.
select
    creator_id,
    entity,
    currency,
    cast(sum(case when kind = 'opening' then diamonds else 0 end) as bigint) as opening_diamonds,
    cast(sum(case when kind = 'accrued' then diamonds else 0 end) as bigint) as credited_diamonds,
    cast(sum(case when kind = 'reversed' then diamonds else 0 end) as bigint) as reversed_diamonds,
    cast(sum(case when kind = 'adjusted' then diamonds else 0 end) as bigint) as adjusted_diamonds,
    cast(sum(case when kind = 'redeemed' then diamonds else 0 end) as bigint) as redeemed_diamonds,
    cast(sum(case when kind = 'returned' then diamonds else 0 end) as bigint) as returned_diamonds,
    cast(sum(case when kind = 'revaluation' then diamonds else 0 end) as bigint) as moved_diamonds,
    cast(sum(case when kind = 'closing' then diamonds else 0 end) as bigint) as closing_diamonds,
    cast(sum(case when kind = 'opening' then amount else 0 end) as decimal(38, 9)) as opening_amount,
    cast(sum(case when kind = 'accrued' then amount else 0 end) as decimal(38, 9)) as accrued_amount,
    cast(sum(case when kind = 'reversed' then amount else 0 end) as decimal(38, 9)) as reversed_amount,
    cast(sum(case when kind = 'adjusted' then amount else 0 end) as decimal(38, 9)) as adjusted_amount,
    cast(sum(case when kind = 'redeemed' then amount else 0 end) as decimal(38, 9)) as redeemed_amount,
    cast(sum(case when kind = 'returned' then amount else 0 end) as decimal(38, 9)) as returned_amount,
    cast(sum(case when kind = 'revaluation' then amount else 0 end) as decimal(38, 9)) as revaluation_amount,
    cast(sum(case when kind = 'revaluation' and diamonds <> 0 then amount else 0 end) as decimal(38, 9)) as moved_amount,
    cast(sum(case when kind = 'rounding' then amount else 0 end) as decimal(38, 9)) as rounding_amount,
    cast(sum(case when kind = 'closing' then amount else 0 end) as decimal(38, 9)) as closing_amount
from led_payable_movement
group by creator_id, entity, currency
