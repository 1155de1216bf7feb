-- One row is what one change of status of one payout does to the tax withheld from it.
-- grain: payout_id, step
-- Tax withheld is pending while the payout isn't paid, and due to the authority once it is. What fails or comes back is owed to nobody
-- any more; if its tax was remitted before it came back, by a payment to the authority for the month, quarter or year in which the
-- payout was paid, it is a receivable from the authority. Each amount is signed as it changes its stage. is_opening: it counts before
-- the run's month, or was before carat began: what was due or a receivable by then is inside the fed balances.
with steps as (
    select
        payout_id,
        step,
        entity,
        creator_id,
        currency,
        status,
        previous_status,
        event_at,
        accounting_month,
        accounting_month < run.period or is_before as is_opening,
        is_before,
        withholding_amount,
        max(case when status = 'paid' then event_at end) over (
            partition by payout_id
            order by step
            rows between unbounded preceding and current row
        ) as last_paid_at
    from led_payout_event
    cross join run
    where withholding_amount <> 0
),

paid_months as (
    select
        steps.payout_id,
        steps.step,
        steps.entity,
        steps.currency,
        steps.event_at,
        steps.accounting_month,
        local_month(steps.last_paid_at, run.time_zone) as month
    from steps
    cross join run
    where steps.status in ('failed', 'returned') and steps.previous_status = 'paid'
),

remitted as (
    select distinct
        paid_months.payout_id,
        paid_months.step
    from paid_months
    inner join led_tax_paid
        on led_tax_paid.role = 'withholding_payable'
        and led_tax_paid.entity = paid_months.entity
        and led_tax_paid.currency = paid_months.currency
        and led_tax_paid.paid_at <= paid_months.event_at
        and led_tax_paid.accounting_month <= paid_months.accounting_month
        and led_tax_paid.for_period in (
            paid_months.month,
            substr(paid_months.month, 1, 4),
            substr(paid_months.month, 1, 4) || case
                when substr(paid_months.month, 6, 2) <= '03' then '-Q1'
                when substr(paid_months.month, 6, 2) <= '06' then '-Q2'
                when substr(paid_months.month, 6, 2) <= '09' then '-Q3'
                else '-Q4'
            end
        )
)

select
    steps.payout_id,
    steps.step,
    steps.entity,
    steps.creator_id,
    steps.currency,
    steps.status,
    steps.event_at,
    steps.accounting_month,
    steps.is_opening,
    case
        when steps.status = 'requested' then steps.withholding_amount
        when steps.previous_status = 'requested' then -steps.withholding_amount
        else cast(0 as decimal(18, 6))
    end as pending_amount,
    case
        when steps.is_before then cast(0 as decimal(18, 6))
        when steps.status = 'paid' and steps.previous_status = 'requested' then steps.withholding_amount
        when steps.status in ('failed', 'returned') and steps.previous_status = 'paid' and remitted.payout_id is null
            then -steps.withholding_amount
        else cast(0 as decimal(18, 6))
    end as due_amount,
    case when remitted.payout_id is null or steps.is_before then cast(0 as decimal(18, 6)) else steps.withholding_amount end as receivable_amount
from steps
left join remitted
    on remitted.payout_id = steps.payout_id
    and remitted.step = steps.step
