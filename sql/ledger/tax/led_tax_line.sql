-- One row is the sales tax of one class of coin sales in one month: what was sold, and what was taken back.
-- grain: entity, is_opening, country, rate, treatment, remitter, currency
-- Of the run's month, and of all before it together (is_opening). rate and treatment are the rule's at the sale; null where no rule
-- applies: then the tax is what the rows state, ours where the sale was neither by a store. Refunds and chargebacks, less
-- chargebacks undone, stand at the sale's own rate and country, in the month in which they were. base is gross - tax. own_tax is what we owe of it:
-- all where the remitter is us, nothing elsewhere. Positive, as the columns are named. Of the run's month in the entity's own currency too, at the
-- rate of each row's day, as the journal books it; null where a rate is missing, and of all before.
with taken_back as (
    select led_refund.purchase_id, sold.country
    from led_refund
    inner join stg_coin_purchases as sold
        on sold.purchase_id = led_refund.bought_id
),

-- few rows are taken back, and only they ask for the country of their sale; a chargeback undone is taken back less than nothing
rows_of_tax as (
    select
        entity, accounting_month, purchased_at, country, tax_rate as rate, treatment, remitter, currency, true as is_sale, 1 as lines,
        gross_amount, tax_amount, own_tax_amount
    from led_purchase_fee
    where kind = 'purchase'
    union all
    select
        purchases.entity,
        purchases.accounting_month,
        purchases.purchased_at,
        coalesce(taken_back.country, purchases.country) as country,
        purchases.tax_rate as rate,
        purchases.treatment,
        purchases.remitter,
        purchases.currency,
        false as is_sale,
        case when purchases.kind in ('refund', 'chargeback') then 1 else -1 end as lines,
        case when purchases.kind in ('refund', 'chargeback') then purchases.gross_amount else -purchases.gross_amount end as gross_amount,
        case when purchases.kind in ('refund', 'chargeback') then purchases.tax_amount else -purchases.tax_amount end as tax_amount,
        case when purchases.kind in ('refund', 'chargeback') then purchases.own_tax_amount else -purchases.own_tax_amount end
            as own_tax_amount
    from led_purchase_fee as purchases
    left join taken_back
        on taken_back.purchase_id = purchases.purchase_id
    where purchases.kind <> 'purchase'
),

days as (
    select
        rows_of_tax.entity,
        rows_of_tax.accounting_month < run.period as is_opening,
        led_quarter_day.day,
        rows_of_tax.country,
        rows_of_tax.rate,
        rows_of_tax.treatment,
        rows_of_tax.remitter,
        rows_of_tax.currency,
        rows_of_tax.is_sale,
        sum(rows_of_tax.lines) as lines,
        sum(rows_of_tax.gross_amount) as gross,
        sum(rows_of_tax.tax_amount) as tax,
        sum(rows_of_tax.own_tax_amount) as own_tax
    from rows_of_tax
    cross join run
    left join led_quarter_day
        on led_quarter_day.quarter = case when rows_of_tax.accounting_month = run.period then quarter_hour(rows_of_tax.purchased_at) end
    where rows_of_tax.accounting_month <= run.period and rows_of_tax.purchased_at >= run.first_start
    group by
        rows_of_tax.entity, rows_of_tax.accounting_month < run.period, led_quarter_day.day, rows_of_tax.country, rows_of_tax.rate,
        rows_of_tax.treatment, rows_of_tax.remitter, rows_of_tax.currency, rows_of_tax.is_sale
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
        case when days.is_sale then days.lines else 0 end as sales,
        case when days.is_sale then days.gross else 0 end as gross,
        case when days.is_sale then days.tax else 0 end as tax,
        case when days.is_sale then days.own_tax else 0 end as own_tax,
        case when days.is_sale then 0 else days.lines end as refunds,
        case when days.is_sale then 0 else days.gross end as refunded_gross,
        case when days.is_sale then 0 else days.tax end as refunded_tax,
        case when days.is_sale then 0 else days.own_tax end as refunded_own_tax,
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
