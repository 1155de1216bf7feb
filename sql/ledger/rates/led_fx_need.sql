-- One row is one day on which money of one currency had to be told in another.
-- grain: base, quote, day
-- Found when the ledger stands, for control fx_rate alone: led_fx_rate has a rate for every day in use and waits for none of this.
-- Purchases are carried in the entity's functional currency at the purchase day's rate, creators' share at the gift day's and
-- payouts at that of each of their steps, what is booked of settlements on the day of the booking (of what is settled in another currency: of its settlement); what is owed at either end of
-- the month at that day's. A payout in another currency needs a rate on the day of its request, a settlement that the bank
-- received in another currency on the day it came. Lots keep their rate, so days of earlier months are needed again. is_new tells
-- the days that this period's rows need; is_carried those of a month that is closed, which is where a missing one would be asked
-- for no more (months that were closed when a review was enough).
with closed_months as (
    select run_months.accounting_month
    from run_months
    inner join run_eras
        on run_eras.era_start = run_months.month_end
),

lot_days as (
    select distinct
        stg_coin_purchases.currency,
        stg_coin_purchases.entity,
        quarter_hour(stg_coin_purchases.purchased_at) as quarter,
        stg_coin_purchases.accounting_month
    from stg_coin_purchases
    cross join run
    where stg_coin_purchases.accounting_month <= run.period
        and stg_coin_purchases.purchased_at >= run.first_start
        and (
            stg_coin_purchases.gross_amount <> 0
            or stg_coin_purchases.tax_amount <> 0
            or stg_coin_purchases.store_fee_amount <> 0
        )
    union
    select
        led_opening_balance.currency,
        led_opening_balance.entity,
        quarter_hour(run.first_start) as quarter,
        run.first_period as accounting_month
    from led_opening_balance
    cross join run
    where led_opening_balance.subject_kind = 'viewer'
        and led_opening_balance.coins > 0
        and (led_opening_balance.amount <> 0 or led_opening_balance.deferred_fee <> 0)
),

purchase_days as (
    select
        lot_days.currency as base,
        coalesce(run_entities.functional_currency, run.reporting_currency) as quote,
        local_day(lot_days.quarter, run.time_zone) as day,
        lot_days.accounting_month = run.period as is_new,
        closed_months.accounting_month is not null as is_carried
    from lot_days
    cross join run
    left join closed_months
        on closed_months.accounting_month = lot_days.accounting_month
    left join run_entities
        on run_entities.entity = lot_days.entity
    where lot_days.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
),

postings as (
    select entity, currency, rate_day
    from led_posting_creator
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_agency
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_promotion
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_settlement
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_conversion
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_debt
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_bank
    where amount <> 0
    union
    select entity, currency, rate_day
    from led_posting_tax
    where amount <> 0
),

posting_days as (
    select distinct
        postings.currency as base,
        coalesce(run_entities.functional_currency, run.reporting_currency) as quote,
        postings.rate_day as day
    from postings
    cross join run
    left join run_entities
        on run_entities.entity = postings.entity
    where postings.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
),

settlement_lines as (
    select
        currency,
        entity,
        quarter_hour(booked_at) as quarter
    from stg_bank_lines
    cross join run
    where accounting_month = run.period and amount <> 0
    union
    select
        currency,
        entity,
        quarter_hour(event_at) as quarter
    from stg_settlement_lines
    cross join run
    where accounting_month = run.period
),

booked_days as (
    select
        settlement_lines.currency as base,
        coalesce(run_entities.functional_currency, run.reporting_currency) as quote,
        local_day(settlement_lines.quarter, run.time_zone) as day
    from settlement_lines
    cross join run
    left join run_entities
        on run_entities.entity = settlement_lines.entity
    where settlement_lines.currency <> coalesce(run_entities.functional_currency, run.reporting_currency)
),

payout_days as (
    select distinct
        currency as base,
        payout_currency as quote,
        local_day(requested_at, run.time_zone) as day
    from led_payout_version
    cross join run
    where accounting_month = run.period
        and requested_at >= run.first_start
        and payout_currency is not null
        and payout_currency <> currency
),

settlement_days as (
    select
        led_match_currency_outcome.other_currency as base,
        led_match_currency_outcome.currency as quote,
        led_match_currency_outcome.day,
        led_match_currency_outcome.taken_at >= run.period_start as is_new
    from led_match_currency_outcome
    cross join run
    where led_match_currency_outcome.match = 'settlement_bank'
),

needs as (
    select base, quote, day, is_new, is_carried
    from purchase_days
    union all
    select base, quote, day, true as is_new, false as is_carried
    from posting_days
    union all
    select base, quote, day, true as is_new, false as is_carried
    from booked_days
    union all
    select currency as base, functional_currency as quote, day, true as is_new, false as is_carried
    from led_foreign_balance
    where closing_amount <> 0
    union all
    select
        led_foreign_balance.currency as base, led_foreign_balance.functional_currency as quote, led_foreign_balance.opening_day as day,
        run.period = run.first_period as is_new,
        closed_months.accounting_month is not null as is_carried
    from led_foreign_balance
    cross join run
    left join closed_months
        on closed_months.accounting_month = run.period_before
    where led_foreign_balance.opening_amount <> 0
    union all
    select currency as base, functional_currency as quote, day, true as is_new, false as is_carried
    from led_monetary_balance
    where closing_amount <> 0 and currency <> functional_currency
    union all
    select base, quote, day, true as is_new, false as is_carried
    from payout_days
    union all
    select base, quote, day, is_new, false as is_carried
    from settlement_days
)

select
    base,
    quote,
    day,
    max(case when is_new then 1 else 0 end) = 1 as is_new,
    max(case when is_carried then 1 else 0 end) = 1 as is_carried
from needs
group by base, quote, day
