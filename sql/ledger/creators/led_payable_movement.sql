-- One row is one part of one creator's payable: a sum of money of one kind in one currency.
-- grain: creator_id, entity, currency, kind (several rows)
-- effective_at is when a single movement counts; sums over gifts, the opening and the closing have none.
-- Kinds: opening, accrued, reversed, adjusted, redeemed, returned, revaluation, rounding, closing. Signed as they change
-- the payable. Revaluation is found on its own, change by change: open diamonds at each change of rate, late movements
-- when they count, returned diamonds when they come back, an undone gift's when it is taken back at the rate at which it
-- was given. Where the currency changes, the diamonds move with their money, out of the one and into the other. It is not
-- the residual, so the identity can fail.
with balances as (
    select
        creator_id,
        entity,
        span_no,
        range_from,
        range_to,
        opening_diamonds,
        balance_diamonds,
        value_currency,
        diamond_value,
        lag(value_currency) over (partition by creator_id, entity order by range_from) as previous_currency,
        lag(diamond_value) over (partition by creator_id, entity order by range_from) as previous_value,
        lag(balance_diamonds) over (partition by creator_id, entity order by range_from) as previous_balance
    from led_creator_balance
),

changes as (
    select
        balances.creator_id,
        balances.entity,
        balances.range_from as effective_at,
        case
            when balances.range_from = run.period_start then balances.opening_diamonds
            else balances.previous_balance
        end as diamonds,
        balances.previous_currency,
        balances.previous_value,
        balances.value_currency,
        balances.diamond_value
    from balances
    cross join run
    where balances.range_from >= run.period_start
        and (balances.previous_value <> balances.diamond_value or balances.previous_currency <> balances.value_currency)
),

gift_values as (
    select
        led_creator_span.creator_id,
        led_gift_credit.entity,
        led_gift_credit.kind,
        led_rate_at.currency,
        led_rate_at.diamond_value,
        led_gift_credit.diamonds,
        counted.range_to <= run.period_start as is_prior_period
    from led_gift_credit
    cross join run
    inner join led_creator_span
        on led_creator_span.span_no = led_gift_credit.value_span_no
    inner join led_creator_span as counted
        on counted.span_no = led_gift_credit.span_no
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
),

late_gifts as (
    select
        gift_values.creator_id,
        gift_values.entity,
        case gift_values.kind when 'gift' then gift_values.diamonds else -gift_values.diamonds end as diamonds,
        gift_values.currency,
        gift_values.diamond_value,
        run.period_start as effective_at,
        at_start.currency as start_currency,
        at_start.diamond_value as start_value
    from gift_values
    cross join run
    inner join led_rate_at as at_start
        on at_start.creator_id = gift_values.creator_id
        and at_start.instant = run.period_start
    where gift_values.is_prior_period
),

-- what a reversal takes back at its gift's rate was revalued since
undone_gifts as (
    select
        led_gift_reversal.creator_id,
        led_gift_reversal.entity,
        -led_gift_reversal.diamonds as diamonds,
        least(led_gift_reversal.sent_at, run.closing_instant) as effective_at,
        valued.currency,
        valued.diamond_value,
        effective.currency as effective_currency,
        effective.diamond_value as effective_value
    from led_gift_reversal
    cross join run
    inner join led_creator_span as valued_span
        on valued_span.creator_id = led_gift_reversal.creator_id
        and least(led_gift_reversal.valued_at, run.closing_instant) >= valued_span.range_from
        and least(led_gift_reversal.valued_at, run.closing_instant) < valued_span.range_to
    inner join led_rate_at as valued
        on valued.creator_id = valued_span.creator_id
        and valued.instant = valued_span.range_from
    inner join led_creator_span as effective_span
        on effective_span.creator_id = led_gift_reversal.creator_id
        and least(led_gift_reversal.sent_at, run.closing_instant) >= effective_span.range_from
        and least(led_gift_reversal.sent_at, run.closing_instant) < effective_span.range_to
    inner join led_rate_at as effective
        on effective.creator_id = effective_span.creator_id
        and effective.instant = effective_span.range_from
    where led_gift_reversal.accounting_month = run.period
        and led_gift_reversal.sent_at >= run.period_start
        and (valued.diamond_value <> effective.diamond_value or valued.currency <> effective.currency)
),

effective_values as (
    select
        led_diamond_valued.creator_id,
        led_diamond_valued.entity,
        led_diamond_valued.diamonds,
        led_diamond_valued.value_currency,
        led_diamond_valued.diamond_value,
        led_diamond_valued.effective_at,
        led_rate_at.currency as effective_currency,
        led_rate_at.diamond_value as effective_value
    from led_diamond_valued
    inner join led_creator_span
        on led_creator_span.span_no = led_diamond_valued.effective_span_no
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
)

select
    balances.creator_id,
    balances.entity,
    balances.value_currency as currency,
    'opening' as kind,
    cast(null as timestamp with time zone) as effective_at,
    balances.opening_diamonds as diamonds,
    cast(balances.opening_diamonds * balances.diamond_value as decimal(38, 9)) as amount
from balances
cross join run
where balances.range_to = run.period_start
union all
select
    creator_id,
    entity,
    currency,
    case kind when 'gift' then 'accrued' else 'reversed' end as kind,
    cast(null as timestamp with time zone) as effective_at,
    case kind when 'gift' then diamonds else -diamonds end as diamonds,
    cast(case kind when 'gift' then diamonds else -diamonds end * diamond_value as decimal(38, 9)) as amount
from gift_values
union all
select
    creator_id,
    entity,
    value_currency as currency,
    kind,
    effective_at,
    diamonds,
    case kind when 'adjusted' then amount else -gross_amount end as amount
from led_diamond_valued
union all
select
    creator_id,
    entity,
    value_currency as currency,
    'rounding' as kind,
    effective_at,
    cast(0 as bigint) as diamonds,
    amount + gross_amount as amount
from led_diamond_valued
where kind in ('redeemed', 'returned')
union all
select
    creator_id, entity, previous_currency, 'revaluation', effective_at, case when previous_currency <> value_currency then -diamonds else 0 end,
    cast(-diamonds * previous_value as decimal(38, 9))
from changes
union all
select
    creator_id, entity, value_currency, 'revaluation', effective_at, case when previous_currency <> value_currency then diamonds else 0 end,
    cast(diamonds * diamond_value as decimal(38, 9))
from changes
union all
select
    creator_id, entity, currency, 'revaluation', effective_at, case when currency <> start_currency then -diamonds else 0 end,
    cast(-diamonds * diamond_value as decimal(38, 9))
from late_gifts
union all
select
    creator_id, entity, start_currency, 'revaluation', effective_at, case when currency <> start_currency then diamonds else 0 end,
    cast(diamonds * start_value as decimal(38, 9))
from late_gifts
union all
select
    creator_id, entity, value_currency, 'revaluation', effective_at, case when value_currency <> effective_currency then -diamonds else 0 end,
    cast(-diamonds * diamond_value as decimal(38, 9))
from effective_values
where value_currency <> effective_currency or diamond_value <> effective_value
union all
select
    creator_id, entity, effective_currency, 'revaluation', effective_at, case when value_currency <> effective_currency then diamonds else 0 end,
    cast(diamonds * effective_value as decimal(38, 9))
from effective_values
where value_currency <> effective_currency or diamond_value <> effective_value
union all
select
    creator_id, entity, currency, 'revaluation', effective_at, case when currency <> effective_currency then -diamonds else 0 end,
    cast(-diamonds * diamond_value as decimal(38, 9))
from undone_gifts
union all
select
    creator_id, entity, effective_currency, 'revaluation', effective_at, case when currency <> effective_currency then diamonds else 0 end,
    cast(diamonds * effective_value as decimal(38, 9))
from undone_gifts
union all
select
    balances.creator_id,
    balances.entity,
    balances.value_currency as currency,
    'closing' as kind,
    cast(null as timestamp with time zone) as effective_at,
    balances.balance_diamonds as diamonds,
    cast(balances.balance_diamonds * balances.diamond_value as decimal(38, 9)) as amount
from balances
cross join run
where balances.range_to = run.period_end
