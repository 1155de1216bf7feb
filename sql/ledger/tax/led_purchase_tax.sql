-- One row is one purchase, refund, chargeback or chargeback reversal to whose sale a tax rule applies, with the tax by that rule.
-- grain: purchase_id
-- A rule is that of the sale's country and channel in force at the sale: what is taken back later, after a change of rate too,
-- reverses the tax at the sale's rate. Where the sale stated its tax, a refund without one reverses the same part of it; of a sale that
-- nobody knows (older than the opening), the row's own country, channel and time serve. rule_tax is half_up(gross x rate /
-- (1 + rate)) in minor units of the currency, on whole numbers; nothing where the sale is zero-rated or exempt, and nothing where
-- the customer owes the tax (reverse charge), because what they pay then holds none. due_tax is what an empty tax is
-- booked as. Without rules there is no row, and nothing changes.
with named as (
    select
        refunds.purchase_id,
        originals.purchased_at,
        originals.country,
        originals.channel,
        originals.gross_amount,
        originals.stated_tax_amount,
        -- a chargeback reversal may name its chargeback
        case when originals.kind <> 'purchase' then originals.original_purchase_id end as bought_id
    from stg_coin_purchases as refunds
    cross join run
    inner join stg_coin_purchases as originals
        on originals.purchase_id = refunds.original_purchase_id
    where refunds.kind <> 'purchase'
        and refunds.accounting_month <= run.period
        and exists (select 1 from stg_tax_rules)
),

taken_back as (
    select
        named.purchase_id,
        case when bought.purchase_id is null then named.purchased_at else bought.purchased_at end as sold_at,
        case when bought.purchase_id is null then named.country else bought.country end as country,
        case when bought.purchase_id is null then named.channel else bought.channel end as channel,
        case when bought.purchase_id is null then named.gross_amount else bought.gross_amount end as sale_gross,
        case when bought.purchase_id is null then named.stated_tax_amount else bought.stated_tax_amount end as sale_tax
    from named
    left join stg_coin_purchases as bought
        on bought.purchase_id = named.bought_id
),

sales as (
    select
        purchases.purchase_id,
        purchases.kind,
        purchases.gross_amount,
        purchases.currency,
        coalesce(taken_back.sold_at, purchases.purchased_at) as sold_at,
        coalesce(taken_back.country, purchases.country) as country,
        coalesce(taken_back.channel, purchases.channel) as channel,
        taken_back.sale_gross,
        taken_back.sale_tax
    from stg_coin_purchases as purchases
    cross join run
    left join taken_back
        on taken_back.purchase_id = purchases.purchase_id
    where purchases.accounting_month <= run.period
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
        rules.treatment = 'taxed' and rules.remitter <> 'customer' as holds_tax
    from sales
    inner join stg_tax_rules as rules
        on rules.country = sales.country
        and rules.channel = sales.channel
        and sales.sold_at >= rules.valid_from
        and sales.sold_at < rules.valid_until
    left join run_currencies
        on run_currencies.currency = sales.currency
),

-- prices are few beside sales, and whole numbers are divided slowly
prices as (
    select
        gross_amount,
        rate,
        minor_digits,
        tax_inside(gross_amount, rate, minor_digits) as rule_tax
    from (
        select distinct gross_amount, rate, minor_digits
        from ruled
        where holds_tax
    ) as taxed
),

priced as (
    select
        ruled.purchase_id,
        ruled.kind,
        ruled.gross_amount,
        ruled.sale_gross,
        ruled.sale_tax,
        ruled.minor_digits,
        ruled.valid_from,
        ruled.rate,
        ruled.treatment,
        ruled.remitter,
        ruled.fee_base,
        ruled.fee_returned,
        case when ruled.holds_tax then prices.rule_tax else cast(0 as decimal(18, 6)) end as rule_tax
    from ruled
    left join prices
        on prices.gross_amount = ruled.gross_amount
        and prices.rate = ruled.rate
        and prices.minor_digits = ruled.minor_digits
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
from priced
