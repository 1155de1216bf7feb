-- One row is one line of the roll-forward of what a counterparty owes, or of what it holds back.
-- grain: identity, entity, role, counterparty, currency, line
-- receivable: opening + sold - refunded - charged_back +- fees +- tax +- adjustments +- conversion +- reserve +- moved +- tolerated
-- +- suspended - paid out + fx = closing. reserve: opening + held - released - kept + fx = closing. Signed as the balance changes.
-- functional_amount is in the entity's own currency: movements at their day's rate, the closing at the month's last; fx is what
-- lies between. While the month before is open, the opening is told at the rate of the day before this one. Null where a rate is missing.
with closed as (
    select
        identity,
        entity,
        split_part(subject_id, '/', 1) as role,
        substr(subject_id, strpos(subject_id, '/') + 1) as counterparty,
        currency,
        amount,
        functional_amount
    from closed_rollforwards
    where identity in ('receivable', 'reserve') and subject_kind = 'counterparty' and line = 'closing'
),

openings as (
    select
        'receivable' as identity,
        balances.entity,
        balances.receivable_role as role,
        balances.counterparty,
        balances.currency,
        balances.opening_amount as amount,
        case
            when balances.opening_amount = 0 then cast(0 as decimal(38, 9))
            when run.period = run.first_period then cast(fed.functional_amount as decimal(38, 9))
            when balances.is_known then cast(closed.functional_amount as decimal(38, 9))
            when balances.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(balances.opening_amount as decimal(38, 9))
            else amount_at_rate(balances.opening_amount, led_fx_rate.rate)
        end as functional_amount
    from led_receivable_balance as balances
    cross join run
    left join run_entities
        on run_entities.entity = balances.entity
    left join led_receivable_opening as fed
        on fed.entity = balances.entity
        and fed.role = balances.receivable_role
        and fed.counterparty = balances.counterparty
        and fed.currency = balances.currency
    left join closed
        on closed.identity = 'receivable'
        and closed.entity = balances.entity
        and closed.role = balances.receivable_role
        and closed.counterparty = balances.counterparty
        and closed.currency = balances.currency
    left join led_fx_rate
        on led_fx_rate.base = balances.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.opening_instant, run.time_zone)
    union all
    select
        'reserve', fed.entity, fed.role, fed.counterparty, fed.currency, fed.amount,
        case
            when run.period = run.first_period then cast(fed.functional_amount as decimal(38, 9))
            when fed.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(fed.amount as decimal(38, 9))
            else amount_at_rate(fed.amount, led_fx_rate.rate)
        end
    from led_receivable_opening as fed
    cross join run
    left join run_entities
        on run_entities.entity = fed.entity
    left join led_fx_rate
        on led_fx_rate.base = fed.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.opening_instant, run.time_zone)
    where fed.role = 'reserves'
        and (run.period = run.first_period or not exists (select 1 from closed_rollforwards where identity = 'receivable'))
    union all
    select identity, entity, role, counterparty, currency, amount, cast(functional_amount as decimal(38, 9))
    from closed
    where identity = 'reserve'
    union all
    -- while the month before is open: what lines of earlier months held back
    select
        'reserve',
        held.entity,
        'reserves',
        held.counterparty,
        held.currency,
        held.fee_amount - held.net_amount,
        case
            when held.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(held.fee_amount - held.net_amount as decimal(38, 9))
            else amount_at_rate(held.fee_amount - held.net_amount, led_fx_rate.rate)
        end
    from led_settled_day as held
    cross join run
    left join run_entities
        on run_entities.entity = held.entity
    left join led_fx_rate
        on led_fx_rate.base = held.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.opening_instant, run.time_zone)
    where held.kind = 'reserve'
        and held.part = 'own'
        and held.counted = 'earlier'
        and not exists (select 1 from closed_rollforwards where identity = 'receivable')
    union all
    select distinct 'reserve', entity, role, counterparty, currency, cast(0 as decimal(38, 6)), cast(0 as decimal(38, 9))
    from led_settled_part
    where role = 'reserves'
),

movements as (
    select 'receivable' as identity, entity, receivable_role as role, counterparty, currency, rate_day, line, amount
    from led_receivable_movement
    union all
    select 'receivable', entity, receivable_role, counterparty, currency, local_day(run.closing_instant, run.time_zone), 'suspended', suspended_amount
    from led_receivable_balance
    cross join run
    where suspended_amount <> 0
    union all
    select 'reserve', entity, role, counterparty, currency, day, case when amount < 0 then 'held' else 'released' end, -amount
    from led_settled_part
    where role = 'reserves'
    union all
    -- what a counterparty takes out of what it lets go is kept: the fee of a line that releases (5010)
    select 'reserve', entity, 'reserves', counterparty, currency, day, 'released', -fee_amount
    from led_settled_day
    where kind = 'reserve' and part = 'own' and counted = 'now' and net_amount - fee_amount > 0 and fee_amount < 0
    union all
    select 'reserve', entity, 'reserves', counterparty, currency, day, 'kept', fee_amount
    from led_settled_day
    where kind = 'reserve' and part = 'own' and counted = 'now' and net_amount - fee_amount > 0 and fee_amount < 0
),

rated as (
    select
        movements.identity,
        movements.entity,
        movements.role,
        movements.counterparty,
        movements.currency,
        movements.line,
        movements.amount,
        amount_at_rate(
            movements.amount,
            case
                when movements.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as functional_amount
    from movements
    cross join run
    left join run_entities
        on run_entities.entity = movements.entity
    left join led_fx_rate
        on led_fx_rate.base = movements.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = movements.rate_day
),

-- each line in six decimals, as it is told, so that they come to the closing to the last one
lines as (
    select
        identity, entity, role, counterparty, currency, 'opening' as line, sum(amount) as amount,
        cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from openings
    group by identity, entity, role, counterparty, currency
    union all
    select identity, entity, role, counterparty, currency, line, sum(amount), cast(known_sum(functional_amount) as decimal(38, 6))
    from rated
    group by identity, entity, role, counterparty, currency, line
),

sums as (
    select
        identity,
        entity,
        role,
        counterparty,
        currency,
        sum(amount) as amount,
        known_sum(functional_amount) as functional_amount
    from lines
    group by identity, entity, role, counterparty, currency
),

closings as (
    select
        sums.identity,
        sums.entity,
        sums.role,
        sums.counterparty,
        sums.currency,
        sums.amount,
        cast(amount_at_rate(
            sums.amount,
            case
                when sums.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as decimal(38, 6)) as functional_closing,
        sums.functional_amount
    from sums
    cross join run
    left join run_entities
        on run_entities.entity = sums.entity
    left join led_fx_rate
        on led_fx_rate.base = sums.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.closing_instant, run.time_zone)
),

told as (
    select identity, entity, role, counterparty, currency, line, amount, functional_amount
    from lines
    union all
    select identity, entity, role, counterparty, currency, 'fx', 0, functional_closing - functional_amount
    from closings
    union all
    select identity, entity, role, counterparty, currency, 'closing', amount, functional_closing
    from closings
)

select
    identity,
    entity,
    role,
    counterparty,
    currency,
    cast(case line
        when 'opening' then 1
        when 'sold' then 2
        when 'refunded' then 3
        when 'charged_back' then 4
        when 'fees' then 5
        when 'tax' then 6
        when 'adjustments' then 7
        when 'conversion' then 8
        when 'reserve' then 9
        when 'moved' then 10
        when 'tolerated' then 11
        when 'suspended' then 12
        when 'paid_out' then 13
        when 'held' then 14
        when 'released' then 15
        when 'kept' then 16
        when 'fx' then 17
        else 18
    end as bigint) as line_rank,
    line,
    cast(amount as decimal(38, 6)) as amount,
    cast(functional_amount as decimal(38, 9)) as functional_amount
from told
where line in ('opening', 'closing') or amount <> 0 or functional_amount <> 0 or functional_amount is null
