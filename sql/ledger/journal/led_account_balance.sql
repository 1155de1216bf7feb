-- One row is one account that a roll-forward knows, with its balance at both ends of the period.
-- grain: entity, currency, account
-- Signed as the journal: assets positive, debts negative. The journal rounds running balances from the opening on and must
-- arrive at the closing. Creators and agencies who owe are a receivable, the others a payable; of creators' debts, what is deferred and
-- what is expected to be lost are accounts of their own; of the coin liability, what breakage ahead takes off it is in the same account. A functional balance is null where a rate is
-- missing.
with balances as (
    select
        entity,
        currency,
        'creator_payable' as role,
        cast(-sum(greatest(opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(-sum(greatest(closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_creator_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'creator_receivable' as role,
        cast(sum(greatest(-opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(sum(greatest(-closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_creator_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'payouts_in_transit' as role,
        cast(-opening_amount as decimal(38, 9)) as opening_amount,
        cast(-closing_amount as decimal(38, 9)) as closing_amount
    from led_transit_rollforward
    union all
    select
        entity,
        currency,
        'agency_payable' as role,
        cast(-sum(greatest(opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(-sum(greatest(closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_agency_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'deferred_debt_gain' as role,
        cast(-sum(opening_gain) as decimal(38, 9)) as opening_amount,
        cast(-sum(deferred_gain) as decimal(38, 9)) as closing_amount
    from led_creator_debt
    group by entity, currency
    having sum(opening_gain) <> 0 or sum(raised) <> 0 or sum(deferred_gain) <> 0
    union all
    select
        entity,
        currency,
        'agency_receivable' as role,
        cast(sum(greatest(-opening_amount, 0)) as decimal(38, 9)) as opening_amount,
        cast(sum(greatest(-closing_amount, 0)) as decimal(38, 9)) as closing_amount
    from led_agency_rollforward
    group by entity, currency
    union all
    select
        entity,
        currency,
        'creator_debt_allowance' as role,
        cast(-sum(opening_allowance) as decimal(38, 9)) as opening_amount,
        cast(-sum(allowance) as decimal(38, 9)) as closing_amount
    from led_creator_debt
    group by entity, currency
    having sum(opening_allowance) <> 0 or sum(allowance) <> 0
),

accounts as (
    select
        entity,
        currency,
        case identity when 'liability' then 'contract_liability' else 'deferred_store_fee' end as role,
        cast(case identity when 'liability' then -opening else opening end as decimal(38, 9)) as opening_amount,
        cast(case identity when 'liability' then -closing else closing end as decimal(38, 9)) as closing_amount,
        cast(case identity when 'liability' then -functional_opening else functional_opening end as decimal(38, 9))
            as functional_opening,
        cast(case identity when 'liability' then -functional_closing else functional_closing end as decimal(38, 9))
            as functional_closing
    from led_liability_rollforward
    union all
    select
        entity,
        currency,
        case identity when 'breakage_ahead' then 'contract_liability' else 'refund_liability' end as role,
        cast(case identity when 'breakage_ahead' then 1 else -1 end * coalesce(opening, 0) as decimal(38, 9)) as opening_amount,
        cast(case identity when 'breakage_ahead' then 1 else -1 end * coalesce(closing, 0) as decimal(38, 9)) as closing_amount,
        cast(case identity when 'breakage_ahead' then 1 else -1 end * opening as decimal(38, 9)) as functional_opening,
        cast(case identity when 'breakage_ahead' then 1 else -1 end * closing as decimal(38, 9)) as functional_closing
    from led_liability_ahead
    union all
    select
        balances.entity,
        balances.currency,
        balances.role,
        balances.opening_amount,
        balances.closing_amount,
        case
            when led_foreign_balance.role is null then balances.opening_amount
            else amount_at_rate(balances.opening_amount, opening.rate)
        end as functional_opening,
        case
            when led_foreign_balance.role is null then balances.closing_amount
            else amount_at_rate(balances.closing_amount, closing.rate)
        end as functional_closing
    from balances
    left join led_foreign_balance
        on led_foreign_balance.entity = balances.entity
        and led_foreign_balance.currency = balances.currency
        and led_foreign_balance.role = balances.role
    left join led_fx_rate as opening
        on opening.base = led_foreign_balance.currency
        and opening.quote = led_foreign_balance.functional_currency
        and opening.day = led_foreign_balance.opening_day
    left join led_fx_rate as closing
        on closing.base = led_foreign_balance.currency
        and closing.quote = led_foreign_balance.functional_currency
        and closing.day = led_foreign_balance.day
)

select
    accounts.entity,
    accounts.currency,
    led_account.account,
    cast(sum(accounts.opening_amount) as decimal(38, 9)) as opening_amount,
    cast(sum(accounts.closing_amount) as decimal(38, 9)) as closing_amount,
    cast(known_sum(accounts.functional_opening) as decimal(38, 9)) as functional_opening,
    cast(known_sum(accounts.functional_closing) as decimal(38, 9)) as functional_closing
from accounts
inner join led_account
    on led_account.entity = accounts.entity
    and led_account.role = accounts.role
group by accounts.entity, accounts.currency, led_account.account
