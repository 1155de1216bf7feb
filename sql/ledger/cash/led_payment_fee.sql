-- One row is a provider's payment with a fee of ours, on top of what the creator gets.
-- grain: line_id
-- A payment's fee is a cost, one that comes back with a failed or returned payment is given back. Of a provider whose settlement lines
-- are fed they tell the fee, and its payments only match.
with payments as (
    select
        payments.line_id,
        payments.entity,
        payments.provider,
        payments.payout_id,
        payments.report_id,
        payments.currency,
        payments.status,
        payments.fee_amount,
        payments.booked_at,
        payments.accounting_month
    from led_provider_payment as payments
    cross join run
    where payments.fee_amount <> 0 and payments.booked_at >= run.first_start
),

settled as (
    select distinct providers.entity, providers.provider
    from (
        select distinct entity, lower(provider) as provider
        from payments
    ) as providers
    inner join stg_settlement_lines as lines
        on lines.entity = providers.entity
        and lower(lines.counterparty) = providers.provider
)

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
from payments
cross join run
left join settled
    on settled.entity = payments.entity
    and settled.provider = lower(payments.provider)
where settled.provider is null
