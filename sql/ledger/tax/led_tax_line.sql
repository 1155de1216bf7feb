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

rows_of_tax as (
    select
        purchases.entity,
        purchases.accounting_month < run.period as is_opening,
        case when purchases.accounting_month = run.period then quarter_hour(purchases.purchased_at) end as quarter,
        coalesce(taken_back.country, purchases.country) as country,
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
    left join taken_back
        on taken_back.purchase_id = purchases.purchase_id
    where purchases.accounting_month <= run.period
        and purchases.purchased_at >= run.first_start
),

-- the calendar is asked once for each quarter of an hour, of which there are few
quarters as (
    select
        entity,
        is_opening,
        quarter,
        country,
        rate,
        treatment,
        remitter,
        currency,
        sum(sales) as sales,
        sum(sales * gross_amount) as gross,
        sum(sales * tax_amount) as tax,
        sum(sales * own_tax_amount) as own_tax,
        sum(refunds) as refunds,
        sum(refunds * gross_amount) as refunded_gross,
        sum(refunds * tax_amount) as refunded_tax,
        sum(refunds * own_tax_amount) as refunded_own_tax
    from rows_of_tax
    group by entity, is_opening, quarter, country, rate, treatment, remitter, currency
),

days as (
    select
        quarters.entity,
        quarters.is_opening,
        local_day(quarters.quarter, run.time_zone) as day,
        quarters.country,
        quarters.rate,
        quarters.treatment,
        quarters.remitter,
        quarters.currency,
        cast(sum(quarters.sales) as bigint) as sales,
        cast(sum(quarters.gross) as decimal(38, 6)) as gross,
        cast(sum(quarters.tax) as decimal(38, 6)) as tax,
        cast(sum(quarters.own_tax) as decimal(38, 6)) as own_tax,
        cast(sum(quarters.refunds) as bigint) as refunds,
        cast(sum(quarters.refunded_gross) as decimal(38, 6)) as refunded_gross,
        cast(sum(quarters.refunded_tax) as decimal(38, 6)) as refunded_tax,
        cast(sum(quarters.refunded_own_tax) as decimal(38, 6)) as refunded_own_tax
    from quarters
    cross join run
    group by
        quarters.entity, quarters.is_opening, local_day(quarters.quarter, run.time_zone), quarters.country, quarters.rate, quarters.treatment,
        quarters.remitter, quarters.currency
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
