-- One row is the sales tax of one class of coin sales in one month: what was sold, and what was taken back.
-- grain: entity, is_opening, country, rate, treatment, remitter, currency
-- Of the run's month, and of all before it together (is_opening). rate and treatment are the rule's at the sale; null where no rule
-- applies: then the tax is what the rows state, ours where the sale was neither by a store. Refunds and chargebacks, less
-- chargebacks undone, stand at the sale's own rate and country, in the month in which they were. base is gross - tax. own_tax is what we owe of it:
-- all where the remitter is us, nothing elsewhere. Positive, as the columns are named.
with rows_of_tax as (
    select
        purchases.entity,
        purchases.accounting_month < run.period as is_opening,
        coalesce(sold.country, purchases.country) as country,
        purchases.tax_rate as rate,
        purchases.treatment,
        purchases.remitter,
        purchases.currency,
        case when purchases.kind = 'purchase' then 1 else 0 end as sales,
        case when purchases.kind in ('refund', 'chargeback') then 1 when purchases.kind = 'purchase' then 0 else -1 end as refunds,
        purchases.gross_amount,
        purchases.tax_amount,
        purchases.own_tax_amount
    from led_purchase_fee as purchases
    cross join run
    left join led_refund
        on led_refund.purchase_id = purchases.purchase_id
    left join stg_coin_purchases as sold
        on sold.purchase_id = led_refund.bought_id
    where purchases.accounting_month <= run.period
        and purchases.purchased_at >= run.first_start
)

select
    entity,
    is_opening,
    country,
    rate,
    treatment,
    remitter,
    currency,
    cast(sum(sales) as bigint) as sales,
    cast(sum(sales * gross_amount) as decimal(38, 6)) as gross,
    cast(sum(sales * tax_amount) as decimal(38, 6)) as tax,
    cast(sum(sales * own_tax_amount) as decimal(38, 6)) as own_tax,
    cast(sum(refunds) as bigint) as refunds,
    cast(sum(refunds * gross_amount) as decimal(38, 6)) as refunded_gross,
    cast(sum(refunds * tax_amount) as decimal(38, 6)) as refunded_tax,
    cast(sum(refunds * own_tax_amount) as decimal(38, 6)) as refunded_own_tax
from rows_of_tax
group by entity, is_opening, country, rate, treatment, remitter, currency
