-- One row is the head of one agency's statement: opening, what gifts gave, what was taken back, adjusted, paid, closing.
-- grain: agency_id, entity, currency
-- result: agency_statements
-- order: agency_id, entity, currency
-- Amounts of the way from opening to closing are signed as they change what is owed, in millionths. The terms are those in force at the
-- month's end, else the last ones; an agency without a row in agencies has none, and nothing is withheld from it.
with terms as (
    select
        stg_agencies.agency_id,
        stg_agencies.country,
        stg_agencies.currency,
        stg_agencies.withholding_rate,
        stg_agencies.valid_until,
        row_number() over (partition by stg_agencies.agency_id order by stg_agencies.valid_from desc) as latest
    from stg_agencies
    cross join run
    where stg_agencies.valid_from < run.period_end
),

gifts as (
    select
        led_agency_share.agency_id,
        led_agency_share.entity,
        led_agency_share.currency,
        count(distinct led_agency_share.creator_id) as creators,
        cast(sum(led_agency_share.gift_count) as bigint) as gift_count,
        cast(sum(led_agency_share.coins) as bigint) as gift_coins,
        cast(sum(led_agency_share.diamonds) as bigint) as gift_diamonds
    from led_agency_share
    inner join run
        on run.period = led_agency_share.accounting_month
    group by led_agency_share.agency_id, led_agency_share.entity, led_agency_share.currency
)

select
    run.period,
    run.run_id,
    run.statement_version as version,
    keys.agency_id,
    keys.entity,
    keys.currency,
    terms.country,
    terms.currency as paid_currency,
    cast(coalesce(terms.withholding_rate, 0) as decimal(18, 9)) as withholding_rate,
    terms.agency_id is not null as on_file,
    case when terms.valid_until < run.period_end then terms.valid_until end as ended_at,
    cast(coalesce(rolls.opening_amount, 0) as decimal(38, 6)) as opening_amount,
    cast(coalesce(rolls.accrued_amount, 0) as decimal(38, 6)) as accrued_amount,
    cast(coalesce(rolls.reversed_amount, 0) as decimal(38, 6)) as reversed_amount,
    cast(coalesce(rolls.clawed_back_amount, 0) as decimal(38, 6)) as clawed_back_amount,
    cast(coalesce(rolls.adjusted_amount, 0) as decimal(38, 6)) as adjusted_amount,
    cast(coalesce(rolls.redeemed_amount, 0) as decimal(38, 6)) as redeemed_amount,
    cast(coalesce(rolls.returned_amount, 0) as decimal(38, 6)) as returned_amount,
    cast(coalesce(rolls.rounding_amount, 0) as decimal(38, 6)) as rounding_amount,
    cast(coalesce(rolls.closing_amount, 0) as decimal(38, 6)) as closing_amount,
    cast(coalesce(gifts.creators, 0) as bigint) as creators,
    coalesce(gifts.gift_count, 0) as gift_count,
    coalesce(gifts.gift_coins, 0) as gift_coins,
    coalesce(gifts.gift_diamonds, 0) as gift_diamonds,
    cast(coalesce(payouts.withheld_amount, 0) as decimal(38, 6)) as withheld_amount,
    cast(coalesce(payouts.fee_amount, 0) as decimal(38, 6)) as fee_amount,
    cast(coalesce(payouts.paid_amount, 0) as decimal(38, 6)) as paid_amount,
    cast(coalesce(payouts.in_transit_amount, 0) as decimal(38, 6)) as in_transit_amount,
    cast(coalesce(payouts.failed_amount, 0) as decimal(38, 6)) as failed_amount
from led_agency_statement as keys
cross join run
left join led_agency_rollforward as rolls
    on rolls.agency_id = keys.agency_id
    and rolls.entity = keys.entity
    and rolls.currency = keys.currency
left join gifts
    on gifts.agency_id = keys.agency_id
    and gifts.entity = keys.entity
    and gifts.currency = keys.currency
left join led_payout_sum as payouts
    on payouts.agency_id = keys.agency_id
    and payouts.entity = keys.entity
    and payouts.currency = keys.currency
left join terms
    on terms.agency_id = keys.agency_id
    and terms.latest = 1
