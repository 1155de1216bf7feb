-- One row is one account of one entity in the entity's own currency, beside what it was in another month.
-- grain: comparison, entity, account
-- Accounts of profit and loss are compared by what moved in the month before and in the month a year before; balance accounts by what they
-- close with. Signed so that more is better for the entity in profit and loss (income positive, cost negative), and as the journal in the
-- balance (assets positive, debts negative). Only closed months are compared with. fx_effect is what the other month's amount changes by
-- when it is told at this month's closing rate instead of its own: nothing for what is not monetary, null where a rate is missing.
-- Movement and closing of this month are the trial balance's. Retained earnings, which take up a year's result, are no change to be explained.
-- A change needs a note when it is more than the materiality, in reporting currency, and more than flux_percent of the other month.
with months as (
    select
        'month' as comparison,
        run.period_before as comparative_period,
        local_day(run.opening_instant, run.time_zone) as comparative_day
    from run
    where exists (select 1 from closed_trial_balances)
    union all
    select
        'year' as comparison,
        run_months.accounting_month as comparative_period,
        local_day(run_months.closing_instant, run.time_zone) as comparative_day
    from run
    inner join run_months
        on month_number(run_months.accounting_month) = month_number(run.period) - 12
    where exists (select 1 from year_ago_trial_balances)
),

-- which months there are to compare with, also where there are none
comparisons as (
    select
        named.comparison,
        months.comparative_period,
        months.comparative_day
    from (values ('month'), ('year')) as named (comparison)
    left join months
        on months.comparison = named.comparison
),

kinds as (
    select
        entity,
        account,
        case
            when max(case when kind in ('income', 'cost') then 1 else 0 end) = 1 then 'profit_and_loss'
            when min(kind) = 'equity' and max(kind) = 'equity' then 'equity'
            else 'balance'
        end as kind,
        max(case when role in ('contract_liability', 'deferred_store_fee') then 0 else 1 end) as is_monetary
    from led_account
    group by entity, account
),

told as (
    select
        'this' as told_of, entity, account, currency, functional_currency,
        debit - credit as moved, functional_debit - functional_credit as functional_moved, closing, functional_closing
    from led_trial_balance
    union all
    select
        'month' as told_of, entity, account, currency, functional_currency,
        debit - credit as moved, functional_debit - functional_credit as functional_moved, closing, functional_closing
    from closed_trial_balances
    union all
    select
        'year' as told_of, entity, account, currency, functional_currency,
        debit - credit as moved, functional_debit - functional_credit as functional_moved, closing, functional_closing
    from year_ago_trial_balances
),

amounts as (
    select
        told.told_of,
        told.entity,
        told.account,
        told.currency,
        told.functional_currency,
        coalesce(kinds.kind, 'balance') as kind,
        coalesce(kinds.is_monetary, 1) as is_monetary,
        case when kinds.kind = 'profit_and_loss' then -told.moved else told.closing end as amount,
        case
            when kinds.kind = 'profit_and_loss' then -told.functional_moved
            else told.functional_closing
        end as functional_amount
    from told
    left join kinds
        on kinds.entity = told.entity
        and kinds.account = told.account
    where coalesce(kinds.kind, 'balance') <> 'equity'
),

effects as (
    select
        amounts.told_of as comparison,
        amounts.entity,
        amounts.account,
        case
            when amounts.currency = amounts.functional_currency or amounts.is_monetary = 0 or amounts.amount = 0
                then cast(0 as decimal(38, 9))
            else cast(
                amount_at_rate(amounts.amount, this_rate.rate) - amount_at_rate(amounts.amount, that_rate.rate)
                as decimal(38, 9)
            )
        end as fx_effect
    from amounts
    cross join run
    inner join months
        on months.comparison = amounts.told_of
    left join led_fx_rate as this_rate
        on this_rate.base = amounts.currency
        and this_rate.quote = amounts.functional_currency
        and this_rate.day = local_day(run.closing_instant, run.time_zone)
    left join led_fx_rate as that_rate
        on that_rate.base = amounts.currency
        and that_rate.quote = amounts.functional_currency
        and that_rate.day = months.comparative_day
),

effect_sums as (
    select
        comparison,
        entity,
        account,
        cast(known_sum(fx_effect) as decimal(38, 9)) as fx_effect
    from effects
    group by comparison, entity, account
),

sums as (
    select
        told_of,
        entity,
        account,
        functional_currency,
        min(kind) as kind,
        cast(known_sum(functional_amount) as decimal(38, 9)) as amount
    from amounts
    group by told_of, entity, account, functional_currency
),

keys as (
    select distinct
        comparisons.comparison,
        comparisons.comparative_period,
        sums.entity,
        sums.account,
        sums.functional_currency,
        sums.kind
    from comparisons
    inner join sums
        on sums.told_of = 'this'
        or sums.told_of = comparisons.comparison
),

beside as (
    select
        keys.comparison,
        keys.comparative_period,
        keys.entity,
        keys.account,
        keys.functional_currency,
        keys.kind,
        cast(case when this.entity is null then 0 else this.amount end as decimal(38, 9)) as amount,
        cast(case
            when keys.comparative_period is null then null
            when that.entity is null then 0
            else that.amount
        end as decimal(38, 9)) as comparative_amount,
        case when that.entity is null then cast(0 as decimal(38, 9)) else effect_sums.fx_effect end as fx_effect
    from keys
    left join sums as this
        on this.told_of = 'this'
        and this.entity = keys.entity
        and this.account = keys.account
        and this.functional_currency = keys.functional_currency
    left join sums as that
        on that.told_of = keys.comparison
        and that.entity = keys.entity
        and that.account = keys.account
        and that.functional_currency = keys.functional_currency
    left join effect_sums
        on effect_sums.comparison = keys.comparison
        and effect_sums.entity = keys.entity
        and effect_sums.account = keys.account
),

materiality as (
    select coalesce(max(run_materiality.amount), 0) as amount
    from run
    left join run_materiality
        on run_materiality.currency = run.reporting_currency
)

select
    beside.comparison,
    beside.comparative_period,
    beside.entity,
    beside.account,
    beside.functional_currency,
    beside.kind,
    beside.amount,
    beside.comparative_amount,
    cast(beside.amount - beside.comparative_amount as decimal(38, 9)) as change,
    case when beside.comparative_period is not null then beside.fx_effect end as fx_effect,
    beside.amount is not null and beside.comparative_amount is not null as is_compared,
    coalesce(
        100 * abs(beside.amount - beside.comparative_amount) > run.flux_percent * abs(beside.comparative_amount)
        and coalesce(bounded_at_rate(abs(beside.amount - beside.comparative_amount), worth.rate) > materiality.amount, true),
        false
    ) as needs_note
from beside
cross join run
cross join materiality
left join led_unit_value as worth
    on worth.unit = beside.functional_currency
where beside.amount <> 0
    or beside.comparative_amount <> 0
    or beside.amount is null
    or (beside.comparative_period is not null and beside.comparative_amount is null)
