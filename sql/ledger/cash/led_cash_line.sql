-- One row is one line of the roll-forward of cash or of clearing: opening, a movement, fx or closing.
-- grain: identity, entity, currency, subject_kind, subject_id, line
-- Of cash per bank account and for the entity, of clearing for the entity. functional_amount is in the entity's own currency: movements at their
-- day's rate, the closing at the month's last; fx is what lies between. The opening is what the closed month before closed with, else its amount at
-- the rate of the day on which the month opens; where carat begins what was fed, if the entity's accounts in the currency were all fed with it. Null where a rate is missing.
with accounts as (
    select
        entity,
        substr(subject_id, 6) as subject_id,
        currency,
        sum(amount) as amount,
        known_sum(functional_amount) as functional_amount
    from led_opening_balance
    where subject_kind = 'account' and starts_with(subject_id, 'cash/') and amount is not null and currency is not null
    group by entity, substr(subject_id, 6), currency
),

fed as (
    select accounts.entity, accounts.subject_id, accounts.currency, accounts.amount, accounts.functional_amount
    from accounts
    inner join (
        select entity, currency
        from accounts
        group by entity, currency
        having known_sum(functional_amount) is not null
    ) as whole
        on whole.entity = accounts.entity
        and whole.currency = accounts.currency
),

rated as (
    select
        days.identity,
        days.entity,
        days.subject_id,
        days.currency,
        days.line,
        days.amount,
        case
            when days.line = 'opening' and closed.functional_amount is not null then cast(closed.functional_amount as decimal(38, 9))
            when days.line = 'opening' and run.period = run.first_period and fed.amount = days.amount then cast(fed.functional_amount as decimal(38, 9))
            when days.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(days.amount as decimal(38, 9))
            else amount_at_rate(days.amount, led_fx_rate.rate)
        end as functional_amount
    from led_cash_day as days
    cross join run
    left join run_entities
        on run_entities.entity = days.entity
    left join led_fx_rate
        on led_fx_rate.base = days.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = days.day
    left join closed_rollforwards as closed
        on closed.identity = days.identity
        and closed.entity = days.entity
        and closed.currency = days.currency
        and closed.subject_kind = case days.identity when 'cash' then 'account' else 'entity' end
        and closed.subject_id = days.subject_id
        and closed.line = 'closing'
        and closed.amount = days.amount
    left join fed
        on fed.entity = days.entity
        and fed.subject_id = case days.identity when 'cash' then days.subject_id end
        and fed.currency = days.currency
),

-- each line in six decimals, as it is told, so that they come to the closing to the last one
lines as (
    select
        identity, entity, currency, subject_id, line, sum(amount) as amount, cast(known_sum(functional_amount) as decimal(38, 6)) as functional_amount
    from rated
    group by identity, entity, currency, subject_id, line
),

closings as (
    select
        sums.identity,
        sums.entity,
        sums.currency,
        sums.subject_id,
        sums.amount,
        sums.functional_amount,
        cast(case
            when sums.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(sums.amount as decimal(38, 9))
            else amount_at_rate(sums.amount, led_fx_rate.rate)
        end as decimal(38, 6)) as functional_closing
    from (
        select identity, entity, currency, subject_id, sum(amount) as amount, known_sum(functional_amount) as functional_amount
        from lines
        group by identity, entity, currency, subject_id
    ) as sums
    cross join run
    left join run_entities
        on run_entities.entity = sums.entity
    left join led_fx_rate
        on led_fx_rate.base = sums.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = local_day(run.closing_instant, run.time_zone)
),

told as (
    select identity, entity, currency, subject_id, line, amount, functional_amount
    from lines
    where line <> 'opening'
    union all
    select
        closings.identity, closings.entity, closings.currency, closings.subject_id, 'opening', coalesce(lines.amount, 0),
        case when lines.entity is null then 0 else lines.functional_amount end
    from closings
    left join lines
        on lines.identity = closings.identity
        and lines.entity = closings.entity
        and lines.currency = closings.currency
        and lines.subject_id = closings.subject_id
        and lines.line = 'opening'
    union all
    select identity, entity, currency, subject_id, 'fx', 0, functional_closing - functional_amount
    from closings
    union all
    select identity, entity, currency, subject_id, 'closing', amount, functional_closing
    from closings
),

subjects as (
    select identity, entity, currency, case identity when 'cash' then 'account' else 'entity' end as subject_kind, subject_id, line, amount, functional_amount
    from told
    union all
    select identity, entity, currency, 'entity', entity, line, sum(amount), known_sum(functional_amount)
    from told
    where identity = 'cash'
    group by identity, entity, currency, line
)

select
    identity,
    entity,
    currency,
    subject_kind,
    subject_id,
    case line
        when 'opening' then 1
        when 'taken_over' then 2
        when 'settled' then 2
        when 'received' then 3
        when 'paid_out' then 3
        when 'paid' then 4
        when 'fees' then case identity when 'cash' then 5 else 4 end
        when 'bank' then 5
        when 'interest' then 6
        when 'differences' then 6
        when 'by_rule' then 7
        when 'other' then 8
        when 'fx' then 9
        else 10
    end as line_rank,
    line,
    cast(amount as decimal(38, 6)) as amount,
    cast(functional_amount as decimal(38, 6)) as functional_amount
from subjects
where line in ('opening', 'closing') or amount <> 0 or functional_amount <> 0 or functional_amount is null
