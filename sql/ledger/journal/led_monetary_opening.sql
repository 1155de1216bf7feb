-- One row is what one kind of money came to when the period began, as its roll-forward knows it.
-- grain: entity, role, currency
-- Signed as the journal. Known where carat begins, by what was fed (or by nothing), and while the month before is open, by the rows of all
-- months before: counterparties' receivables and what they hold back, cash, clearing, and taxes; where carat begins, what was fed of suspense and other bank movements too. functional_opening is what was fed of it, else told at the rate of the day with which the month opens, as the month
-- before tells it at its end; null where that rate is missing. After a closed month its trial balance is the opening, not this.
with days as (
    select
        run.period = run.first_period as is_first,
        local_day(
            case when run.period = run.first_period then run.period_start else run.opening_instant end, run.time_zone
        ) as opening_day
    from run
),

openings as (
    select entity, receivable_role as role, currency, greatest(opening_amount, 0) as amount
    from led_receivable_balance
    union all
    select entity, 'counterparty_payable', currency, -greatest(-opening_amount, 0)
    from led_receivable_balance
    union all
    select entity, 'reserves', currency, amount
    from led_receivable_rollforward
    where identity = 'reserve' and line = 'opening'
    union all
    select entity, 'cash', currency, opening
    from led_cash_rollforward
    union all
    select entity, 'clearing', currency, opening
    from led_clearing_rollforward
    union all
    select
        entity,
        case when identity = 'tax' then 'tax_payable' when stage = 'receivable' then 'withholding_receivable' else 'withholding_payable' end,
        currency,
        case when identity = 'withholding' and stage = 'receivable' then opening else -opening end
    from led_tax_rollforward
    union all
    select
        led_opening_balance.entity,
        led_opening_balance.subject_id,
        coalesce(led_opening_balance.currency, run_entities.functional_currency, run.reporting_currency),
        led_opening_balance.amount
    from led_opening_balance
    cross join run
    left join run_entities
        on run_entities.entity = led_opening_balance.entity
    where run.period = run.first_period
        and led_opening_balance.subject_kind = 'account'
        and led_opening_balance.subject_id in ('suspense', 'other_bank')
),

known as (
    select
        entity,
        role,
        currency,
        cast(sum(amount) as decimal(38, 9)) as opening_amount
    from openings
    group by entity, role, currency
    having sum(amount) <> 0
),

-- the system of record's own functional amounts, where it gives all of an account; of taxes it states what we owe as positive
fed as (
    select
        entity,
        case when amount < 0 and role <> 'reserves' then 'counterparty_payable' else role end as role,
        currency,
        cast(sum(amount) as decimal(38, 9)) as amount,
        cast(known_sum(functional_amount) as decimal(38, 9)) as functional_amount
    from led_receivable_opening
    group by entity, case when amount < 0 and role <> 'reserves' then 'counterparty_payable' else role end, currency
    union all
    select
        led_opening_balance.entity,
        split_part(led_opening_balance.subject_id, '/', 1) as role,
        coalesce(led_opening_balance.currency, run_entities.functional_currency, run.reporting_currency) as currency,
        cast(sum(led_opening_balance.amount) as decimal(38, 9)) as amount,
        cast(known_sum(led_opening_balance.functional_amount) as decimal(38, 9)) as functional_amount
    from led_opening_balance
    cross join run
    left join run_entities
        on run_entities.entity = led_opening_balance.entity
    where led_opening_balance.subject_kind = 'account'
        and led_opening_balance.amount is not null
        and (
            starts_with(led_opening_balance.subject_id, 'cash/')
            or led_opening_balance.subject_id in ('clearing', 'tax_payable', 'withholding_payable', 'withholding_receivable', 'suspense', 'other_bank')
        )
    group by
        led_opening_balance.entity, split_part(led_opening_balance.subject_id, '/', 1),
        coalesce(led_opening_balance.currency, run_entities.functional_currency, run.reporting_currency)
)

select
    known.entity,
    known.role,
    known.currency,
    known.opening_amount,
    cast(case
        when days.is_first and fed.functional_amount is not null and abs(fed.amount) = abs(known.opening_amount)
            then case when fed.amount = known.opening_amount then fed.functional_amount else -fed.functional_amount end
        when known.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then known.opening_amount
        else amount_at_rate(known.opening_amount, led_fx_rate.rate)
    end as decimal(38, 9)) as functional_opening
from known
cross join run
cross join days
left join run_entities
    on run_entities.entity = known.entity
left join fed
    on fed.entity = known.entity
    and fed.role = known.role
    and fed.currency = known.currency
left join led_fx_rate
    on led_fx_rate.base = known.currency
    and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
    and led_fx_rate.day = days.opening_day
