-- One row is one day on which money of one currency may have to be told in another.
-- grain: base, quote, day
-- Made of the days and currencies in use alone, as they stand in the history: what is told at which rate isn't known yet, and
-- led_fx_need tells afterwards what was needed. Bought coins keep the rate of their day, so those days stay, for the currency
-- bought in. What is earned, paid, received and settled is told in the period, on the days of its rows and at its ends. What a bank
-- received in another currency than the report pays out is told in the bank's, on the day of either. What exceptions come to is told
-- in reporting currency when the month ends. A day for which a person decided a rate is in use because of that.
with quotes as (
    select functional_currency as currency
    from run_entities
    union
    select reporting_currency as currency
    from run
),

-- days are told of quarters of an hour, of which there are few
bought_quarters as (
    select distinct
        raw_coin_purchases.currency,
        quarter_hour(raw_coin_purchases.purchased_at) as quarter
    from raw_coin_purchases
    cross join run
    where raw_coin_purchases.accounting_month <= run.period and raw_coin_purchases.purchased_at >= run.first_start
    union
    select
        raw_balances.currency,
        quarter_hour(run.first_start) as quarter
    from raw_balances
    cross join run
    where raw_balances.as_of <= run.first_start and raw_balances.currency is not null
),

-- creators and agencies are paid by the same rules
paid_out as (
    select currency, payout_currency, requested_at, event_at, accounting_month
    from raw_payouts
    union all
    select currency, payout_currency, requested_at, event_at, accounting_month
    from raw_agency_payouts
),

owed_currencies as (
    select currency
    from raw_conversion_rates
    union
    select currency
    from raw_balances
    where currency is not null
    union
    select currency
    from raw_provider_payments
    union
    select currency
    from raw_settlement_lines
    union
    select currency
    from raw_bank_lines
    union
    select currency
    from raw_tax_payments
    union
    select currency
    from raw_agencies
    union
    select currency
    from raw_agency_adjustments
    where currency is not null
    union
    select currency
    from paid_out
    union
    select payout_currency as currency
    from paid_out
    where payout_currency is not null
),

-- what was sold is settled on the days of the lines; what isn't yet is told at both ends
settled_quarters as (
    select quarter_hour(event_at) as quarter
    from raw_settlement_lines
    cross join run
    where accounting_month = run.period
    union
    select quarter_hour(booked_at) as quarter
    from raw_bank_lines
    cross join run
    where accounting_month = run.period
    union
    select quarter_hour(opening_instant) as quarter
    from run
    union
    select quarter_hour(period_start) as quarter
    from run
    union
    select quarter_hour(closing_instant) as quarter
    from run
    union
    -- a year before, with which the month is compared
    select quarter_hour(run_months.closing_instant) as quarter
    from run
    inner join run_months
        on month_number(run_months.accounting_month) = month_number(run.period) - 12
),

-- in which an exception can be told besides: what it comes to is told in reporting currency when the month ends
exposed_currencies as (
    select payout_currency as currency
    from paid_out
    where payout_currency is not null
    union
    select currency
    from raw_provider_payments
    union
    select currency
    from raw_coin_packages
    union
    select currency
    from raw_payout_rules
    union
    select currency
    from raw_resellers
),

settled_days as (
    select distinct local_day(settled_quarters.quarter, run.time_zone) as day
    from settled_quarters
    cross join run
),

-- what is settled in another currency is told, in both, on the day on which it is settled, whenever its order came
converted_quarters as (
    select distinct
        currency as settled_currency,
        customer_currency,
        quarter_hour(coalesce(settled_at, event_at)) as quarter
    from raw_settlement_lines
    cross join run
    where accounting_month <= run.period and customer_currency <> currency and kind in ('sale', 'refund', 'chargeback')
    union
    select distinct
        currency as settled_currency,
        currency as customer_currency,
        quarter_hour(coalesce(settled_at, event_at)) as quarter
    from raw_settlement_lines
    cross join run
    where accounting_month <= run.period and kind = 'fee' and store_transaction_id is not null
),

booked_quarters as (
    select distinct quarter_hour(raw_gift_events.sent_at) as quarter
    from raw_gift_events
    cross join run
    where raw_gift_events.accounting_month = run.period
),

booked_days as (
    select day
    from run_days
    union
    select day
    from settled_days
    union
    select local_day(booked_quarters.quarter, run.time_zone) as day
    from booked_quarters
    cross join run
),

-- a receipt in another currency meets a settlement's payout of any month that is still open
received_quarters as (
    select
        currency,
        'report' as side,
        quarter_hour(event_at) as quarter
    from raw_settlement_lines
    cross join run
    where kind = 'payout' and accounting_month <= run.period
    union
    select
        currency,
        'bank' as side,
        quarter_hour(booked_at) as quarter
    from raw_bank_lines
    cross join run
    where accounting_month <= run.period
),

received_currencies as (
    select distinct side, currency
    from received_quarters
),

received as (
    select
        received_quarters.currency as base,
        received_currencies.currency as quote,
        received_quarters.quarter
    from received_quarters
    inner join received_currencies
        on received_currencies.side = 'bank'
    where received_quarters.side = 'report'
    union
    select
        received_currencies.currency as base,
        received_quarters.currency as quote,
        received_quarters.quarter
    from received_quarters
    inner join received_currencies
        on received_currencies.side = 'report'
    where received_quarters.side = 'bank'
),

days as (
    select
        bought_quarters.currency as base,
        quotes.currency as quote,
        local_day(bought_quarters.quarter, run.time_zone) as day
    from bought_quarters
    cross join quotes
    cross join run
    union
    select
        bought.currency as base,
        quotes.currency as quote,
        settled_days.day
    from (select distinct currency from bought_quarters) as bought
    cross join quotes
    cross join settled_days
    union
    select
        owed_currencies.currency as base,
        quotes.currency as quote,
        booked_days.day
    from owed_currencies
    cross join quotes
    cross join booked_days
    union
    select
        paid_out.currency as base,
        paid_out.payout_currency as quote,
        local_day(paid_out.requested_at, run.time_zone) as day
    from paid_out
    cross join run
    where paid_out.accounting_month = run.period and paid_out.payout_currency is not null
    union
    select
        run_entities.functional_currency as base,
        run.reporting_currency as quote,
        booked_days.day
    from run_entities
    cross join run
    cross join booked_days
    union
    select
        converted_quarters.settled_currency as base,
        quotes.currency as quote,
        local_day(converted_quarters.quarter, run.time_zone) as day
    from converted_quarters
    cross join quotes
    cross join run
    union
    select
        converted_quarters.customer_currency as base,
        quotes.currency as quote,
        local_day(converted_quarters.quarter, run.time_zone) as day
    from converted_quarters
    cross join quotes
    cross join run
    union
    select
        paid_out.currency as base,
        paid_out.payout_currency as quote,
        local_day(paid_out.event_at, run.time_zone) as day
    from paid_out
    cross join run
    where paid_out.accounting_month = run.period and paid_out.payout_currency is not null
    union
    select
        received.base,
        received.quote,
        local_day(received.quarter, run.time_zone) as day
    from received
    cross join run
    union
    select
        exposed_currencies.currency as base,
        run.reporting_currency as quote,
        local_day(run.closing_instant, run.time_zone) as day
    from exposed_currencies
    cross join run
    union
    select base, quote, day
    from run_decided_rates
)

select base, quote, day
from days
where base <> quote
