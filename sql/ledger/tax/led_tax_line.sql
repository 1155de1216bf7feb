-- One row is the sales tax of one class of coin sales in one month: what was sold, and what was taken back.
-- grain: entity, is_opening, country, rate, treatment, remitter, currency
-- Of the run's month, and of all before it together (is_opening). rate and treatment are the rule's at the sale; null where no rule
-- applies: then the tax is what the rows state, ours where the sale was neither by a store. Refunds and chargebacks, less
-- chargebacks undone, stand at the sale's own rate and country, in the month in which they were. base is gross - tax. own_tax is what we owe of it:
-- all where the remitter is us, nothing elsewhere. Positive, as the columns are named. Of the run's month in the entity's own currency too, at the
-- rate of each row's day, as the journal books it; null where a rate is missing, and of all before.
with rows_of_tax as (
    select
        purchases.entity,
        purchases.accounting_month < run.period as is_opening,
        case when purchases.accounting_month = run.period then local_day(purchases.purchased_at, run.time_zone) end as day,
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
),

days as (
    select
        entity,
        is_opening,
        day,
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
    group by entity, is_opening, day, country, rate, treatment, remitter, currency
),

rated as (
    select
        days.entity,
        days.is_opening,
        days.country,
        days.rate,
        days.treatment,
        days.remitter,
        days.currency,
        coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency,
        days.sales,
        days.gross,
        days.tax,
        days.own_tax,
        days.refunds,
        days.refunded_gross,
        days.refunded_tax,
        days.refunded_own_tax,
        case
            when days.is_opening then null
            when days.currency = coalesce(run_entities.functional_currency, run.reporting_currency) then cast(1 as decimal(18, 9))
            else led_fx_rate.rate
        end as fx_rate
    from days
    cross join run
    left join run_entities
        on run_entities.entity = days.entity
    left join led_fx_rate
        on led_fx_rate.base = days.currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = days.day
)

select
    entity,
    is_opening,
    country,
    rate,
    treatment,
    remitter,
    currency,
    functional_currency,
    cast(sum(sales) as bigint) as sales,
    cast(sum(gross) as decimal(38, 6)) as gross,
    cast(sum(tax) as decimal(38, 6)) as tax,
    cast(sum(own_tax) as decimal(38, 6)) as own_tax,
    cast(sum(refunds) as bigint) as refunds,
    cast(sum(refunded_gross) as decimal(38, 6)) as refunded_gross,
    cast(sum(refunded_tax) as decimal(38, 6)) as refunded_tax,
    cast(sum(refunded_own_tax) as decimal(38, 6)) as refunded_own_tax,
    cast(round(known_sum(amount_at_rate(gross, fx_rate)), 6) as decimal(38, 6)) as functional_gross,
    cast(round(known_sum(amount_at_rate(tax, fx_rate)), 6) as decimal(38, 6)) as functional_tax,
    cast(round(known_sum(amount_at_rate(own_tax, fx_rate)), 6) as decimal(38, 6)) as functional_own_tax,
    cast(round(known_sum(amount_at_rate(refunded_gross, fx_rate)), 6) as decimal(38, 6)) as functional_refunded_gross,
    cast(round(known_sum(amount_at_rate(refunded_tax, fx_rate)), 6) as decimal(38, 6)) as functional_refunded_tax,
    cast(round(known_sum(amount_at_rate(refunded_own_tax, fx_rate)), 6) as decimal(38, 6)) as functional_refunded_own_tax
from rated
group by entity, is_opening, country, rate, treatment, remitter, currency, functional_currency
