-- One row is what was paid to a tax authority, or with a minus came back from it, as carat books it.
-- grain: authority, kind, entity, currency, for_period, reference, paid_at
-- Of all months up to the run's; what was paid before carat began is inside the openings. day is the day of payment, kept within the
-- month in which it is booked. What comes back of sales tax is owed again; what comes back of tax withheld was to be claimed.
select
    stg_tax_payments.authority,
    stg_tax_payments.kind,
    stg_tax_payments.entity,
    stg_tax_payments.currency,
    stg_tax_payments.for_period,
    stg_tax_payments.reference,
    stg_tax_payments.paid_at,
    stg_tax_payments.accounting_month,
    stg_tax_payments.accounting_month < run.period as is_opening,
    greatest(
        least(local_day(stg_tax_payments.paid_at, run.time_zone), local_day(run.closing_instant, run.time_zone)),
        local_day(run.period_start, run.time_zone)
    ) as day,
    case
        when stg_tax_payments.kind = 'sales' then 'tax_payable'
        when stg_tax_payments.amount < 0 then 'withholding_receivable'
        else 'withholding_payable'
    end as role,
    stg_tax_payments.amount,
    stg_tax_payments.batch_id,
    stg_tax_payments.source_line
from stg_tax_payments
cross join run
where stg_tax_payments.accounting_month <= run.period
    and stg_tax_payments.paid_at >= run.first_start
