-- One row is a payout of which more than one payment of the provider is out.
-- grain: payout_id
-- Paid, and not failed or returned since.
select
    payout_id,
    cast(sum(effect) as bigint) as payments
from led_provider_payment
where payout_id is not null
group by payout_id
having sum(effect) > 1
