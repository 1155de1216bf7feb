-- One row is the month of the payouts under way in one entity and currency: opening, requested, paid, failed, closing. What changed before carat began
-- opens: a payout that was asked for and paid by then is no longer on its way.
-- grain: entity, currency
-- Net amounts: what is on its way to creators. opening + requested - paid - failed = closing. What changed before carat began
-- opens: a payout that was asked for and paid by then is no longer on its way.
with movements as (
    select
        entity,
        currency,
        accounting_month < run.period or is_before as is_opening,
        status,
        case
            when status = 'requested' then net_amount
            when status = 'paid' and previous_status = 'requested' then -net_amount
            when status in ('failed', 'returned') and previous_status = 'requested' then -net_amount
            else 0
        end as amount
    from led_payout_event
    cross join run
)

select
    entity,
    currency,
    cast(sum(case when is_opening then amount else 0 end) as decimal(38, 6)) as opening_amount,
    cast(sum(case when not is_opening and status = 'requested' then amount else 0 end) as decimal(38, 6)) as requested_amount,
    cast(sum(case when not is_opening and status = 'paid' then -amount else 0 end) as decimal(38, 6)) as paid_amount,
    cast(sum(case when not is_opening and status in ('failed', 'returned') then -amount else 0 end) as decimal(38, 6)) as failed_amount,
    cast(sum(amount) as decimal(38, 6)) as closing_amount
from movements
group by entity, currency
