-- One row is one account of one entity, or of all together, in the reporting currency.
-- grain: level, entity, account
-- result: group_balances
-- order: level, entity, account_rank, account
-- Combined, without eliminations. level is 'entity', or 'group' for the sum of all. Assets and liabilities are told at the rate of the
-- month's last day, profit and loss at the mean of each day's rate in force, what was brought forward as it was told before: an account's
-- opening is its closing of the closed month before. Net assets brought forward are what earlier months left, at historical rates; the
-- translation difference is what all the others leave over, and rolls forward. An entity's own retained earnings are among what was brought forward. So the rows of an entity come to zero, at both ends.
-- Debits are positive. Where carat begins, and where the month before was closed without these balances, the history begins with the
-- opening's rate. Null where a rate, or an opening, is not known: the month before is open.
with turn as (
    select
        run.period = run.first_period as is_first,
        run.period = run.first_period or run_eras.era_start is not null as is_known
    from run
    left join run_eras
        on run_eras.era_start = run.period_start
),

kinds as (
    select entity, account, kind, account_rank
    from (
        select
            entity,
            account,
            kind,
            account_rank,
            row_number() over (partition by entity, account order by account_rank, role) as place
        from led_account
    ) as ranked
    where place = 1
),

closed as (
    select entity, account, kind, functional_closing, closing
    from closed_group_balances
    where level = 'entity'
),

moved as (
    select
        led_trial_balance.entity,
        led_trial_balance.account,
        known_sum(case
            when led_trial_balance.functional_opening is not null then led_trial_balance.functional_opening
            when led_trial_balance.opening is null and turn.is_first then 0
        end) as functional_opening,
        known_sum(led_trial_balance.functional_debit - led_trial_balance.functional_credit) as functional_movement
    from led_trial_balance
    cross join turn
    group by led_trial_balance.entity, led_trial_balance.account
),

keys as (
    select entity, account
    from moved
    union
    select entity, account
    from closed
    where kind in ('asset', 'liability') and (closing <> 0 or functional_closing <> 0)
),

placed as (
    select
        keys.entity,
        keys.account,
        kinds.kind,
        kinds.account_rank,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        kinds.kind in ('asset', 'liability') as is_balance,
        case
            when kinds.kind not in ('asset', 'liability') then cast(0 as decimal(38, 6))
            when moved.functional_opening is not null then moved.functional_opening
            else closed.functional_closing
        end as functional_opening,
        case when moved.entity is null then cast(0 as decimal(38, 6)) else moved.functional_movement end as functional_movement,
        closed.closing as closed_amount
    from keys
    cross join run
    inner join kinds
        on kinds.entity = keys.entity
        and kinds.account = keys.account
    left join run_entities
        on run_entities.entity = keys.entity
    left join moved
        on moved.entity = keys.entity
        and moved.account = keys.account
    left join closed
        on closed.entity = keys.entity
        and closed.account = keys.account
    where kinds.kind <> 'equity'
),

accounts as (
    select
        placed.entity,
        placed.account,
        placed.kind,
        placed.account_rank,
        placed.functional_currency,
        placed.is_balance,
        placed.functional_opening,
        placed.functional_movement,
        case when placed.is_balance then 'closing' else 'average' end as method,
        case when placed.is_balance then led_group_rate.closing_rate else led_group_rate.mean_rate end as rate,
        case
            when not placed.is_balance then cast(0 as decimal(38, 6))
            when not turn.is_known then cast(null as decimal(38, 6))
            else coalesce(
                placed.closed_amount,
                half_up_minor(
                    amount_at_rate(placed.functional_opening, led_group_rate.opening_rate), coalesce(run_currencies.minor_digits, 2)
                )
            )
        end as opening,
        case
            when placed.is_balance
                then half_up_minor(
                    amount_at_rate(placed.functional_opening + placed.functional_movement, led_group_rate.closing_rate),
                    coalesce(run_currencies.minor_digits, 2)
                )
            else half_up_minor(
                amount_at_rate(placed.functional_movement, led_group_rate.mean_rate), coalesce(run_currencies.minor_digits, 2)
            )
        end as closing
    from placed
    cross join run
    cross join turn
    left join led_group_rate
        on led_group_rate.currency = placed.functional_currency
    left join run_currencies
        on run_currencies.currency = run.reporting_currency
),

entity_sums as (
    select
        entity,
        functional_currency,
        known_sum(functional_opening) as functional_opening,
        known_sum(opening) as opening,
        known_sum(closing) as closing
    from accounts
    group by entity, functional_currency
),

brought as (
    select entity, known_sum(closing) as closing
    from closed
    where kind <> 'translation'
        and kind not in ('asset', 'liability')
    group by entity
),

equity as (
    select
        entity_sums.entity,
        entity_sums.functional_currency,
        -entity_sums.functional_opening as functional_opening,
        entity_sums.opening,
        entity_sums.closing,
        case when brought.entity is null then -entity_sums.opening else brought.closing end as brought_forward
    from entity_sums
    left join brought
        on brought.entity = entity_sums.entity
),

entity_rows as (
    select
        entity, account, kind, account_rank, functional_currency, functional_opening, functional_movement,
        functional_opening + functional_movement as functional_closing, method, rate, opening, closing
    from accounts
    union all
    select
        entity, 'Net assets brought forward', 'equity', 1000, functional_currency, functional_opening,
        cast(0 as decimal(38, 6)), functional_opening, 'historical', cast(null as decimal(18, 9)), brought_forward, brought_forward
    from equity
    union all
    select
        entity, 'Translation difference', 'translation', 1001, functional_currency, cast(0 as decimal(38, 6)), cast(0 as decimal(38, 6)),
        cast(0 as decimal(38, 6)), 'difference', cast(null as decimal(18, 9)), -opening - brought_forward, -closing - brought_forward
    from equity
),

group_balances as (
    select
        'entity' as level, entity, account, kind, account_rank, functional_currency, functional_opening, functional_movement, functional_closing,
        method, rate, opening, closing
    from entity_rows
    union all
    select
        'group' as level, cast(null as varchar) as entity, account, kind, min(account_rank) as account_rank,
        cast(null as varchar) as functional_currency, cast(null as decimal(38, 6)) as functional_opening,
        cast(null as decimal(38, 6)) as functional_movement, cast(null as decimal(38, 6)) as functional_closing, min(method) as method,
        cast(null as decimal(18, 9)) as rate, known_sum(opening) as opening, known_sum(closing) as closing
    from entity_rows
    group by account, kind
)

select
    run.period,
    run.run_id,
    group_balances.level,
    group_balances.entity,
    group_balances.account,
    group_balances.kind,
    cast(group_balances.account_rank as bigint) as account_rank,
    group_balances.functional_currency,
    cast(group_balances.functional_opening as decimal(38, 6)) as functional_opening,
    cast(group_balances.functional_movement as decimal(38, 6)) as functional_movement,
    cast(group_balances.functional_closing as decimal(38, 6)) as functional_closing,
    group_balances.method,
    group_balances.rate,
    run.reporting_currency as currency,
    cast(group_balances.opening as decimal(38, 6)) as opening,
    cast(group_balances.closing - group_balances.opening as decimal(38, 6)) as movement,
    cast(group_balances.closing as decimal(38, 6)) as closing
from group_balances
cross join run
