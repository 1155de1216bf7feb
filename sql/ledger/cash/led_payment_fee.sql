-- One row is a provider's payment with a fee of ours, on top of what the creator gets.
-- grain: line_id
-- A payment's fee is a cost, one that comes back with a failed or returned payment is given back. Of a provider whose settlement lines
-- are fed they tell the fee, and its payments only match.
select
    payments.line_id,
    payments.entity,
    payments.provider,
    payments.payout_id,
    payments.report_id,
    payments.currency,
    cast(case when payments.status = 'paid' then payments.fee_amount else -payments.fee_amount end as decimal(38, 6)) as fee_amount,
    case
        when payments.accounting_month = run.period then greatest(least(payments.booked_at, run.closing_instant), run.period_start)
        else least(payments.booked_at, run.opening_instant)
    end as taken_at,
    payments.accounting_month = run.period as is_now
from led_provider_payment as payments
cross join run
left join (
    select distinct entity, counterparty
    from stg_settlement_lines
) as settled
    on settled.entity = payments.entity
    and lower(settled.counterparty) = lower(payments.provider)
where payments.fee_amount <> 0
    and settled.counterparty is null
    and payments.booked_at >= run.first_start
