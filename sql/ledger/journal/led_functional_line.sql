-- One row is one line of the roll-forward of an agency, of sales tax or of tax withheld, in the entity's own currency.
-- grain: identity, entity, currency, subject_kind, subject_id, line
-- Movements at their day's rate, as the journal books them, the closing at the month's last; fx is what lies between. The opening is what the closed month
-- before closed with, else its amount at the rate of the day on which the month opens (of taxes, where carat begins, what was fed with it). Null where a rate is
-- missing. Of tax withheld each stage and, as pending and due together, the entity; of agencies each and the entity.
with opening as (
    select local_day(case when run.period = run.first_period then run.period_start else run.opening_instant end, run.time_zone) as day
    from run
),

days as (
    select
        'agency' as identity,
        moves.entity,
        moves.currency,
        'agency' as subject_kind,
        moves.agency_id as subject_id,
        case when moves.accounting_month = run.period then moves.kind else 'opening' end as line,
        case when moves.accounting_month = run.period then moves.rate_day else opening.day end as day,
        moves.amount
    from led_agency_movement as moves
    cross join run
    cross join opening
    union all
    select 'agency', led_agency_opening.entity, led_agency_opening.currency, 'agency', led_agency_opening.agency_id, 'opening', opening.day, led_agency_opening.amount
    from led_agency_opening
    cross join opening
    union all
    select
        'agency', payouts.entity, payouts.currency, 'agency', payouts.agency_id,
        case when led_payout_event.accounting_month = run.period then 'rounding' else 'opening' end,
        case when led_payout_event.accounting_month = run.period then payouts.day else opening.day end,
        -payouts.rounding
    from led_agency_payout as payouts
    cross join run
    cross join opening
    inner join led_payout_event
        on led_payout_event.payout_id = payouts.payout_id
        and led_payout_event.step = 0
    union all
    select
        identity, entity, currency, case identity when 'tax' then 'entity' else 'stage' end, case identity when 'tax' then entity else entity || '/' || stage end,
        'opening', opening.day, cast(led_tax_rollforward.opening as decimal(38, 9))
    from led_tax_rollforward
    cross join opening
    union all
    select
        case role when 'tax_payable' then 'tax' else 'withholding' end,
        entity,
        currency,
        case role when 'tax_payable' then 'entity' else 'stage' end,
        case role when 'tax_payable' then entity when 'withholding_payable' then entity || '/due' else entity || '/receivable' end,
        'paid',
        day,
        cast(case role when 'withholding_receivable' then amount else -amount end as decimal(38, 9))
    from led_tax_paid
    where not is_opening
    union all
    select
        case role when 'tax_payable' then 'tax' else 'withholding' end,
        entity,
        currency,
        case role when 'tax_payable' then 'entity' else 'stage' end,
        case role when 'tax_payable' then entity else entity || '/receivable' end,
        'settled',
        day,
        cast(amount as decimal(38, 9))
    from led_settled_tax
    where not is_opening
    union all
    select
        'withholding',
        events.entity,
        events.currency,
        'stage',
        events.entity || '/' || stages.stage,
        case
            when stages.stage = 'receivable' then 'returned'
            when events.status = 'paid' then 'fell_due'
            when stages.stage = 'due' then 'returned'
            when events.status = 'requested' then 'withheld'
            else 'failed'
        end,
        greatest(
            least(local_day(events.event_at, run.time_zone), local_day(run.closing_instant, run.time_zone)),
            local_day(run.period_start, run.time_zone)
        ),
        cast(case stages.stage when 'pending' then events.pending_amount when 'due' then events.due_amount else events.receivable_amount end as decimal(38, 9))
    from led_withholding_event as events
    cross join run
    cross join (values ('pending'), ('due'), ('receivable')) as stages (stage)
    where not events.is_opening
),

sums as (
    select identity, entity, currency, subject_kind, subject_id, line, day, cast(sum(amount) as decimal(38, 9)) as amount
    from days
    where amount <> 0
    group by identity, entity, currency, subject_kind, subject_id, line, day
),

fed as (
    select
        entity,
        case subject_id when 'tax_payable' then 'tax' else 'withholding' end as identity,
        case subject_id when 'tax_payable' then entity when 'withholding_payable' then entity || '/due' else entity || '/receivable' end as stage_id,
        currency,
        sum(amount) as amount,
        known_sum(functional_amount) as functional_amount
    from led_opening_balance
    where subject_kind = 'account'
        and subject_id in ('tax_payable', 'withholding_payable', 'withholding_receivable')
        and amount is not null
        and currency is not null
    group by entity, subject_id, currency
),

rated as (
    select
        sums.identity,
        sums.entity,
        sums.currency,
        sums.subject_kind,
        sums.subject_id,
        sums.line,
        sums.amount,
        case
            when sums.line = 'opening' and closed.functional_amount is not null then cast(closed.functional_amount as decimal(38, 9))
            when sums.line = 'opening' and run.period = run.first_period and fed.amount = sums.amount and fed.functional_amount is not null
                then cast(fed.functional_amount as decimal(38, 9))
            when sums.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then sums.amount
            else amount_at_rate(sums.amount, led_fx_rate.rate)
        end as functional_amount
    from sums
    cross join run
    left join run_entities
        on run_entities.entity = sums.entity
    left join led_fx_rate
        on led_fx_rate.base = sums.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = sums.day
    left join closed_rollforwards as closed
        on closed.identity = sums.identity
        and closed.entity = sums.entity
        and closed.currency = sums.currency
        and closed.subject_kind = sums.subject_kind
        and closed.subject_id = sums.subject_id
        and closed.line = 'closing'
        and closed.amount = cast(sums.amount as decimal(38, 6))
    left join fed
        on fed.identity = sums.identity
        and fed.entity = sums.entity
        and fed.stage_id = sums.subject_id
        and fed.currency = sums.currency
    union all
    select 'tax', entity, currency, 'entity', entity, 'collected', cast(own_tax as decimal(38, 9)), cast(functional_own_tax as decimal(38, 9))
    from led_tax_line
    where not is_opening and own_tax <> 0
    union all
    select 'tax', entity, currency, 'entity', entity, 'refunded', cast(-refunded_own_tax as decimal(38, 9)), cast(-functional_refunded_own_tax as decimal(38, 9))
    from led_tax_line
    where not is_opening and refunded_own_tax <> 0
),

-- each line in six decimals, as it is told, so that they come to the closing to the last one
lines as (
    select
        identity, entity, currency, subject_kind, subject_id, line, sum(amount) as amount,
        cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from rated
    group by identity, entity, currency, subject_kind, subject_id, line
),

closings as (
    select
        totals.identity,
        totals.entity,
        totals.currency,
        totals.subject_kind,
        totals.subject_id,
        totals.functional_amount,
        cast(case
            when totals.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then totals.amount
            else amount_at_rate(totals.amount, led_fx_rate.rate)
        end as decimal(38, 6)) as functional_closing
    from (
        select
            identity, entity, currency, subject_kind, subject_id, cast(sum(amount) as decimal(38, 9)) as amount,
            known_sum(functional_amount) as functional_amount
        from lines
        group by identity, entity, currency, subject_kind, subject_id
    ) as totals
    cross join run
    left join run_entities
        on run_entities.entity = totals.entity
    left join led_fx_rate
        on led_fx_rate.base = totals.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.closing_instant, run.time_zone)
),

told as (
    select identity, entity, currency, subject_kind, subject_id, line, functional_amount
    from lines
    union all
    select identity, entity, currency, subject_kind, subject_id, 'fx', functional_closing - functional_amount
    from closings
    union all
    select identity, entity, currency, subject_kind, subject_id, 'closing', functional_closing
    from closings
)

select identity, entity, currency, subject_kind, subject_id, line, cast(functional_amount as decimal(38, 6)) as functional_amount
from told
union all
select identity, entity, currency, 'entity', entity, line, cast(known_sum(functional_amount) as decimal(38, 6))
from told
where identity = 'agency' or identity = 'withholding' and subject_id <> entity || '/receivable'
group by identity, entity, currency, line
