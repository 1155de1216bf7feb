-- One row is a sale to a reseller who isn't registered, or below the reseller's floor price.
-- grain: purchase_id
-- control: reseller_authorised
-- severity: review
-- unit: currency
-- reasons: no_reseller, unregistered, currency, below_floor
-- guards: coins that reach viewers by someone nobody vetted; coins sold on far below their price
-- question: Is every reseller registered, and does none buy below the floor?
-- causes: a registration that ran out; an id typed wrong; a volume discount that goes below the floor; an order in another currency
-- action: register the reseller, or have the price approved; else stop selling to them and review their earlier orders
-- checked: from stg_coin_purchases cross join run where accounting_month = run.period and kind = 'purchase' and channel = 'reseller'
-- not_compared_reason: no reseller bought coins in the month
-- A reseller's row is in force when they buy, in the currency of the order, and gross is not below coins with bonus x
-- min_price_per_coin. Of an unregistered reseller's order the whole gross is named.
with sales as (
    select
        sales.purchase_id,
        sales.entity,
        sales.reseller_id,
        sales.coins + sales.bonus_coins as coins,
        sales.currency,
        sales.gross_amount,
        sales.purchased_at,
        sales.batch_id,
        sales.source_line,
        resellers.reseller_id as registered_id,
        resellers.currency as floor_currency,
        resellers.min_price_per_coin,
        cast((sales.coins + sales.bonus_coins) * resellers.min_price_per_coin as decimal(38, 9)) as floor_amount
    from stg_coin_purchases as sales
    cross join run
    left join stg_resellers as resellers
        on resellers.reseller_id = sales.reseller_id
        and sales.purchased_at >= resellers.valid_from
        and sales.purchased_at < resellers.valid_until
    where sales.accounting_month = run.period
        and sales.kind = 'purchase'
        and sales.channel = 'reseller'
        and sales.purchased_at >= run.first_start
),

judged as (
    select
        purchase_id,
        entity,
        reseller_id,
        coins,
        currency,
        gross_amount,
        purchased_at,
        batch_id,
        source_line,
        floor_currency,
        min_price_per_coin,
        floor_amount,
        case
            when reseller_id is null then 'no_reseller'
            when registered_id is null then 'unregistered'
            when floor_currency <> currency then 'currency'
            when cast(gross_amount as decimal(38, 9)) < floor_amount then 'below_floor'
        end as reason
    from sales
)

select
    entity,
    'purchase' as subject_kind,
    purchase_id as subject_id,
    case when reason = 'below_floor' then floor_amount else cast(0 as decimal(38, 9)) end as expected,
    cast(gross_amount as decimal(38, 9)) as actual,
    cast(gross_amount as decimal(38, 9)) - case when reason = 'below_floor' then floor_amount else 0 end as difference,
    currency as unit,
    reason,
    case reason
        when 'no_reseller' then 'The order names no reseller; it is for ' || plain(gross_amount) || ' ' || currency || '.'
        when 'unregistered' then 'Reseller ' || reseller_id || ' was not registered on ' || iso_instant(purchased_at)
            || '; the order is for ' || plain(gross_amount) || ' ' || currency || '.'
        when 'currency' then 'Reseller ' || reseller_id || ' is registered for orders in ' || floor_currency
            || '; this one is for ' || plain(gross_amount) || ' ' || currency || '.'
        else counted(coins, 'coin') || ' at no less than ' || plain(min_price_per_coin) || ' ' || currency || ' ' || are(coins) || ' '
            || plain(floor_amount) || ' ' || currency || '; reseller ' || reseller_id || ' owes ' || plain(gross_amount) || ' ' || currency || '.'
    end as detail,
    batch_id,
    source_line
from judged
where reason is not null
order by purchase_id
