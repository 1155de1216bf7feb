-- One row is one line of a payout provider with the payout that it names.
-- grain: line_id
-- A line names its payout by payout_id, else by the reference that the payout came to have. A reference that several
-- payouts carry names none. Lines of later months are not known yet.
with referenced as (
    select
        provider_reference,
        min(payout_id) as payout_id
    from stg_payouts
    cross join run
    where provider_reference is not null and accounting_month <= run.period
    group by provider_reference
    having min(payout_id) = max(payout_id)
)

select
    lines.line_id,
    lines.entity,
    lines.provider,
    lines.provider_reference,
    coalesce(lines.payout_id, referenced.payout_id) as payout_id,
    lines.amount,
    lines.fee_amount,
    lines.currency,
    lines.status,
    lines.booked_at,
    lines.accounting_month,
    lines.batch_id,
    lines.source_line
from stg_provider_payments as lines
cross join run
left join referenced
    on referenced.provider_reference = lines.provider_reference
where lines.accounting_month <= run.period
