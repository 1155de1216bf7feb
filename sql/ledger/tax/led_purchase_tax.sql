-- One row is one purchase, refund, chargeback or chargeback reversal to whose sale a tax rule applies, with the tax by that rule.
-- grain: purchase_id
-- A rule is that of the sale's country and channel in force at the sale: what is taken back later, after a change of rate too,
-- reverses the tax at the sale's rate. Where the sale stated its tax, a refund without one reverses the same part of it; of a sale that
-- nobody knows (older than the opening), the row's own country, channel and time serve. rule_tax is half_up(gross x rate /
-- (1 + rate)) in minor units of the currency, on whole numbers; nothing where the sale is zero-rated or exempt, and nothing where
-- the customer owes the tax (reverse charge), because what they pay then holds none. due_tax is what an empty tax is
-- booked as. Without rules there is no row, and nothing changes.
with taken_back as (
    select
        refunds.purchase_id,
        coalesce(bought.purchase_id, originals.purchase_id) as sale_id
    from stg_coin_purchases as refunds
    cross join run
    left join stg_coin_purchases as originals
        on originals.purchase_id = refunds.original_purchase_id
    -- a chargeback reversal may name its chargeback
    left join stg_coin_purchases as bought
        on bought.purchase_id = originals.original_purchase_id
        and originals.kind <> 'purchase'
    where refunds.kind <> 'purchase'
        and refunds.accounting_month <= run.period
        and exists (select 1 from stg_tax_rules)
),

sales as (
    select
        purchases.purchase_id,
        purchases.kind,
        purchases.gross_amount,
        purchases.currency,
        purchases.purchased_at as sold_at,
        purchases.country,
        purchases.channel,
        cast(null as decimal(18, 6)) as sale_gross,
        cast(null as decimal(18, 6)) as sale_tax
    from stg_coin_purchases as purchases
    cross join run
    where purchases.kind = 'purchase' and purchases.accounting_month <= run.period
    union all
    select
        purchases.purchase_id,
        purchases.kind,
        purchases.gross_amount,
        purchases.currency,
        coalesce(sold.purchased_at, purchases.purchased_at) as sold_at,
        coalesce(sold.country, purchases.country) as country,
        coalesce(sold.channel, purchases.channel) as channel,
        sold.gross_amount as sale_gross,
        sold.stated_tax_amount as sale_tax
    from taken_back
    inner join stg_coin_purchases as purchases
        on purchases.purchase_id = taken_back.purchase_id
    left join stg_coin_purchases as sold
        on sold.purchase_id = taken_back.sale_id
),

ruled as (
    select
        sales.purchase_id,
        sales.kind,
        sales.gross_amount,
        sales.sale_gross,
        sales.sale_tax,
        coalesce(run_currencies.minor_digits, 2) as minor_digits,
        rules.valid_from,
        rules.rate,
        rules.treatment,
        rules.remitter,
        rules.fee_base,
        rules.fee_returned,
        case
            when rules.treatment <> 'taxed' or rules.remitter = 'customer' then cast(0 as decimal(18, 6))
            else tax_inside(sales.gross_amount, rules.rate, coalesce(run_currencies.minor_digits, 2))
        end as rule_tax
    from sales
    inner join stg_tax_rules as rules
        on rules.country = sales.country
        and rules.channel = sales.channel
        and sales.sold_at >= rules.valid_from
        and sales.sold_at < rules.valid_until
    left join run_currencies
        on run_currencies.currency = sales.currency
)

select
    purchase_id,
    kind,
    valid_from,
    rate,
    treatment,
    remitter,
    fee_base,
    fee_returned,
    rule_tax,
    case
        when sale_tax is null or sale_gross = 0 then rule_tax
        else part_inside(gross_amount, sale_tax, sale_gross, minor_digits)
    end as due_tax
from ruled
