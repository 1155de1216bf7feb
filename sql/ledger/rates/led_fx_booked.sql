-- One row is an exchange difference that was booked with its event, not at the month's end, and the account whose item it was.
-- grain: entity, account, currency
-- A store or a bank that exchanges by itself gives another amount than the published rate does; a refund is told at its own day's rate
-- and takes back what was sold at its purchase's. functional_amount is a debit of exchange differences, a loss; it is null where a rate
-- is missing. currency is that in which the item stood before.
-- What a bank exchanges waits in clearing.
with conversions as (
    select entity, channel, currency, currency as told_currency, rate_day, cast(closed_amount - booked_fee as decimal(38, 9)) as amount
    from led_item_conversion
    union all
    select entity, channel, currency, settled_currency, rate_day, cast(settled_fee - opened_amount as decimal(38, 9))
    from led_item_conversion
    union all
    select entity, channel, currency, currency, day, cast(-amount as decimal(38, 9))
    from led_settled_part
    where role = 'fx_difference'
    union all
    select entity, 'clearing', other_currency, other_currency, day, cast(receivable_amount as decimal(38, 9))
    from led_match_day
    where match = 'settlement_bank' and other_currency <> currency
    union all
    select entity, 'clearing', other_currency, currency, day, cast(-cash_amount as decimal(38, 9))
    from led_match_day
    where match = 'settlement_bank' and other_currency <> currency
    union all
    select entity, 'creators', currency, currency, local_day(taken_at, run.time_zone), cast(net_amount as decimal(38, 9))
    from led_paid_payout
    cross join run
    where is_now and paid_currency <> currency
    union all
    select entity, 'creators', currency, paid_currency, local_day(taken_at, run.time_zone), cast(-amount as decimal(38, 9))
    from led_paid_payout
    cross join run
    where is_now and paid_currency <> currency
),

booked as (
    select
        conversions.entity,
        conversions.channel,
        conversions.currency,
        amount_at_rate(
            conversions.amount,
            case
                when conversions.told_currency = coalesce(run_entities.functional_currency, run.reporting_currency)
                    then cast(1 as decimal(18, 9))
                else led_fx_rate.rate
            end
        ) as functional_amount
    from conversions
    cross join run
    left join run_entities
        on run_entities.entity = conversions.entity
    left join led_fx_rate
        on led_fx_rate.base = conversions.told_currency
        and led_fx_rate.quote = coalesce(run_entities.functional_currency, run.reporting_currency)
        and led_fx_rate.day = conversions.rate_day
    where conversions.amount <> 0
    union all
    select
        entity, channel, currency,
        cast(day_gross - day_tax - day_fee - functional_gross + functional_tax + functional_fee as decimal(38, 9))
    from led_liability_day
    where event_class = 'refund_money'
)

select
    booked.entity,
    led_account.account,
    booked.currency,
    cast(known_sum(booked.functional_amount) as decimal(38, 9)) as functional_amount
from booked
inner join led_account
    on led_account.entity = booked.entity
    and led_account.role = case
        when booked.channel = 'clearing' then 'clearing'
        when booked.channel = 'creators' then 'payouts_in_transit'
        when booked.channel in ('apple', 'google') then 'store_receivable'
        when booked.channel = 'reseller' then 'reseller_receivable'
        else 'provider_receivable'
    end
group by booked.entity, led_account.account, booked.currency
having known_sum(booked.functional_amount) is distinct from 0
