-- One row is one side of a booking between the platform and its viewers: a debit, or negative a credit.
-- grain: entity, day, event_class, currency, role (several rows)
-- Made of the days of the liability roll-forward. Where we owe the tax to the authority (own_tax: on the web and from
-- resellers, unless a tax rule says otherwise) it comes with the money; where the store or the customer does, gross - tax - fee does. The store fee is deferred in step with the coins, whatever the channel. A refund's money is contra-
-- revenue (refund); the value of the coins that it took back from lots is taken off again (refund_unspent), at once or when
-- a later lot pays the debt (refund_debt_paid): what remains of it are the coins that were spent. Contra-revenue and the fee
-- given back are told at the purchase's rate, what is owed for the refund (receivable, tax) at that of its day; between them are
-- exchange differences. A promotion has no value; what its gifts cost is booked as promotion.
with events as (
    select
        entity,
        day,
        event_class,
        currency,
        functional_currency,
        case
            when channel in ('apple', 'google') then 'store_receivable'
            when channel = 'reseller' then 'reseller_receivable'
            else 'provider_receivable'
        end as receivable_role,
        case
            when channel in ('apple', 'google') then 'purchase_store'
            when channel = 'reseller' then 'purchase_reseller'
            else 'purchase_web'
        end as purchase_class,
        gross,
        value,
        fee,
        own_tax,
        functional_gross,
        functional_value,
        functional_fee,
        functional_own_tax,
        day_gross - day_tax as day_value,
        day_own_tax,
        day_fee
    from led_liability_day
    where event_class <> 'promotion'
),

-- one direction for all classes: how the liability moves down
signed as (
    select
        entity,
        day,
        currency,
        functional_currency,
        case event_class
            when 'consumed' then 'gift'
            when 'debt_consumed' then 'gift'
            when 'restored' then 'gift_restored'
            when 'refunded' then 'refund_unspent'
            when 'refund_debt' then 'refund_debt_paid'
            else 'breakage'
        end as event_class,
        case
            when event_class in ('consumed', 'debt_consumed', 'restored') then 'gift_revenue'
            when event_class in ('refunded', 'refund_debt') then 'refunds'
            else 'breakage_revenue'
        end as earned_role,
        case event_class when 'restored' then -value else value end as value,
        case event_class when 'restored' then -fee else fee end as fee,
        case event_class when 'restored' then -functional_value else functional_value end as functional_value,
        case event_class when 'restored' then -functional_fee else functional_fee end as functional_fee
    from events
    where event_class not in ('sold', 'refund_money')
),

sides as (
    select
        entity, day, purchase_class as event_class, currency, functional_currency, receivable_role as role,
        value + own_tax - fee as amount, functional_value + functional_own_tax - functional_fee as functional_amount
    from events
    where event_class = 'sold'
    union all
    select entity, day, purchase_class, currency, functional_currency, 'deferred_store_fee', fee, functional_fee
    from events
    where event_class = 'sold'
    union all
    select entity, day, purchase_class, currency, functional_currency, 'contract_liability', -value, -functional_value
    from events
    where event_class = 'sold'
    union all
    select entity, day, purchase_class, currency, functional_currency, 'tax_payable', -own_tax, -functional_own_tax
    from events
    where event_class = 'sold'
    union all
    select entity, day, event_class, currency, functional_currency, 'contract_liability', value, functional_value
    from signed
    union all
    select entity, day, event_class, currency, functional_currency, earned_role, -value, -functional_value
    from signed
    union all
    select entity, day, event_class, currency, functional_currency, 'store_fee_cost', fee, functional_fee
    from signed
    union all
    select entity, day, event_class, currency, functional_currency, 'deferred_store_fee', -fee, -functional_fee
    from signed
    union all
    select
        entity, day, 'refund', currency, functional_currency, receivable_role, fee - value - own_tax,
        day_fee - day_value - day_own_tax
    from events
    where event_class = 'refund_money'
    union all
    select entity, day, 'refund', currency, functional_currency, 'refunds', value, functional_value
    from events
    where event_class = 'refund_money'
    union all
    select entity, day, 'refund', currency, functional_currency, 'tax_payable', own_tax, day_own_tax
    from events
    where event_class = 'refund_money'
    union all
    select entity, day, 'refund', currency, functional_currency, 'store_fee_cost', -fee, -functional_fee
    from events
    where event_class = 'refund_money'
    union all
    select
        entity, day, 'refund', currency, functional_currency, 'fx_difference', 0,
        day_value - day_fee - functional_value + functional_fee
    from events
    where event_class = 'refund_money'
)

select
    entity,
    day,
    event_class,
    currency,
    functional_currency,
    role,
    cast(amount as decimal(38, 9)) as amount,
    cast(functional_amount as decimal(38, 9)) as functional_amount
from sides
where amount <> 0 or functional_amount <> 0 or functional_amount is null
