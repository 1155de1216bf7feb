-- One row is one stretch of the month of a creator who owes, or owed when the month began: the debt before and after it, at one rate.
-- grain: creator_id, entity, range_from
-- A debt is a balance of diamonds below zero, here positive. The first row of a creator is the opening (range_to is the period's
-- start): its debt is what the month began with. raised is by how much a higher rate than the stretch before raised the debt that was
-- there. Whoever never owes is not here, so the rows are as many as debtors, not as creators.
with debtors as (
    select distinct led_creator_balance.creator_id, led_creator_balance.entity
    from led_creator_balance
    cross join run
    where led_creator_balance.range_to >= run.period_start
        and (
            led_creator_balance.opening_diamonds < 0
            or (led_creator_balance.balance_diamonds < 0 and led_creator_balance.range_to > run.period_start)
        )
),

stretches as (
    select
        balances.creator_id,
        balances.entity,
        balances.range_from,
        balances.range_to,
        balances.range_to = run.period_start as is_opening,
        balances.value_currency as currency,
        balances.diamond_value,
        case
            when balances.range_to = run.period_start then greatest(-balances.opening_diamonds, 0)
            else greatest(-balances.balance_diamonds, 0)
        end as debt
    from led_creator_balance as balances
    cross join run
    inner join debtors
        on debtors.creator_id = balances.creator_id
        and debtors.entity = balances.entity
    where balances.range_to >= run.period_start
),

followed as (
    select
        creator_id,
        entity,
        range_from,
        range_to,
        is_opening,
        currency,
        diamond_value,
        debt,
        coalesce(lag(debt) over (partition by creator_id, entity order by range_from), 0) as debt_before,
        lag(currency) over (partition by creator_id, entity order by range_from) as previous_currency,
        lag(diamond_value) over (partition by creator_id, entity order by range_from) as previous_value
    from stretches
)

select
    creator_id,
    entity,
    range_from,
    range_to,
    is_opening,
    currency,
    diamond_value,
    cast(debt as bigint) as debt,
    cast(debt_before as bigint) as debt_before,
    not is_opening and currency <> previous_currency as is_moved,
    previous_currency,
    cast(case
        when not is_opening and currency = previous_currency and diamond_value > previous_value
            then debt_before * (diamond_value - previous_value)
        else 0
    end as decimal(38, 9)) as raised
from followed
