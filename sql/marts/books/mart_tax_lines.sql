-- One row is the sales tax of one country, rate and treatment of the month: what was sold there, and what was taken back.
-- grain: entity, country, rate, treatment, remitter, currency
-- result: tax_lines
-- order: entity, country, rate, treatment, remitter, currency
-- What a return of sales tax asks for. The rate and treatment are the rule's at the sale, so that a refund stands at the rate that
-- its sale had; they are empty where no rule applies and the tax is what the rows state. Base is gross less tax. What was taken back is
-- negative, and the net tax is both; payable is the part of it that we owe, the rest is the store's or the customer's.
-- Functional amounts are at the rate of each row's day, null where one is missing.
-- What is payable comes to collected and refunded of the roll-forward of identity tax.
select
    run.period,
    run.run_id,
    led_tax_line.entity,
    led_tax_line.country,
    led_tax_line.rate,
    led_tax_line.treatment,
    led_tax_line.remitter,
    led_tax_line.currency,
    led_tax_line.sales,
    led_tax_line.gross as gross_amount,
    cast(led_tax_line.gross - led_tax_line.tax as decimal(38, 6)) as base_amount,
    led_tax_line.tax as tax_amount,
    led_tax_line.refunds,
    cast(-led_tax_line.refunded_gross as decimal(38, 6)) as refunded_gross,
    cast(led_tax_line.refunded_tax - led_tax_line.refunded_gross as decimal(38, 6)) as refunded_base,
    cast(-led_tax_line.refunded_tax as decimal(38, 6)) as refunded_tax,
    cast(led_tax_line.tax - led_tax_line.refunded_tax as decimal(38, 6)) as net_tax,
    cast(led_tax_line.own_tax - led_tax_line.refunded_own_tax as decimal(38, 6)) as payable_tax,
    led_tax_line.functional_currency,
    led_tax_line.functional_gross as functional_gross_amount,
    cast(led_tax_line.functional_gross - led_tax_line.functional_tax as decimal(38, 6)) as functional_base_amount,
    led_tax_line.functional_tax as functional_tax_amount,
    cast(-led_tax_line.functional_refunded_gross as decimal(38, 6)) as functional_refunded_gross,
    cast(led_tax_line.functional_refunded_tax - led_tax_line.functional_refunded_gross as decimal(38, 6)) as functional_refunded_base,
    cast(-led_tax_line.functional_refunded_tax as decimal(38, 6)) as functional_refunded_tax,
    cast(led_tax_line.functional_tax - led_tax_line.functional_refunded_tax as decimal(38, 6)) as functional_net_tax,
    cast(led_tax_line.functional_own_tax - led_tax_line.functional_refunded_own_tax as decimal(38, 6)) as functional_payable_tax
from led_tax_line
cross join run
where not led_tax_line.is_opening
