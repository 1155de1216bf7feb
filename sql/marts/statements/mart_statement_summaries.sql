-- One row is the head of one creator's statement: opening, earned, adjusted, paid, closing, in diamonds and money.
-- grain: creator_id, entity, currency
-- result: statement_summaries
-- order: creator_id, entity, currency
-- For every statement. Redeemed, returned and rounding are positive numbers here.
-- provisional is not told here any more (the period's state says it); the column stays, because a table's columns only ever grow.
with earnings as (
    select
        creator_id,
        entity,
        currency,
        cast(sum(gift_count) as bigint) as gift_count,
        cast(sum(coins) as bigint) as gift_coins,
        cast(sum(amount) as decimal(38, 9)) as earned_amount,
        cast(sum(case when is_prior_period and kind = 'gift' then amount else 0 end) as decimal(38, 9)) as prior_amount,
        cast(sum(list_value) as decimal(38, 9)) as list_value,
        cast(sum(rounding_kept) as decimal(38, 18)) as rounding_kept
    from led_gift_earning
    group by creator_id, entity, currency
),

-- a reversal is in the range of its gift, so that it is late is told by its own time
late_reversals as (
    select
        led_gift_reversal.creator_id,
        led_gift_reversal.entity,
        led_creator_rate.currency,
        cast(sum(-led_gift_reversal.diamonds * led_creator_rate.diamond_value) as decimal(38, 9)) as amount
    from led_gift_reversal
    cross join run
    inner join led_rated_span
        on led_rated_span.creator_id = led_gift_reversal.creator_id
        and led_gift_reversal.valued_at >= led_rated_span.range_from
        and led_gift_reversal.valued_at < led_rated_span.range_to
    inner join led_creator_rate
        on led_creator_rate.range_no = led_rated_span.range_no
    where led_gift_reversal.accounting_month = run.period
        and led_gift_reversal.sent_at >= run.first_start
        and led_gift_reversal.sent_at < run.period_start
    group by led_gift_reversal.creator_id, led_gift_reversal.entity, led_creator_rate.currency
),

agencies as (
    select
        led_agency_share.creator_id,
        led_agency_share.entity,
        led_agency_share.currency,
        cast(sum(led_agency_share.amount) as decimal(38, 9)) as agency_amount
    from led_agency_share
    inner join run
        on run.period = led_agency_share.accounting_month
    group by led_agency_share.creator_id, led_agency_share.entity, led_agency_share.currency
),

adjustments as (
    select
        creator_id,
        entity,
        value_currency as currency,
        cast(sum(case when amount < 0 then -amount else 0 end) as decimal(38, 9)) as deducted_amount,
        cast(sum(case when is_prior_period then amount else 0 end) as decimal(38, 9)) as prior_amount
    from led_diamond_valued
    where kind = 'adjusted'
    group by creator_id, entity, value_currency
),

terms as (
    select
        led_creator_span.creator_id,
        led_rate_at.country,
        led_rate_at.region,
        led_rate_at.tier,
        led_rate_at.agency_id,
        led_rate_at.payout_method
    from led_creator_span
    cross join run
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    where led_creator_span.range_to = run.period_end
)

select
    run.period,
    run.run_id,
    run.statement_version as version,
    cast(null as boolean) as provisional,
    keys.creator_id,
    keys.entity,
    keys.currency,
    terms.country,
    terms.region,
    terms.tier,
    terms.agency_id,
    terms.payout_method,
    coalesce(rolls.opening_diamonds, 0) as opening_diamonds,
    coalesce(rolls.credited_diamonds + rolls.reversed_diamonds, 0) as earned_diamonds,
    coalesce(rolls.adjusted_diamonds, 0) as adjusted_diamonds,
    coalesce(-rolls.redeemed_diamonds, 0) as redeemed_diamonds,
    coalesce(rolls.returned_diamonds, 0) as returned_diamonds,
    coalesce(rolls.closing_diamonds, 0) as closing_diamonds,
    cast(coalesce(rolls.opening_amount, 0) as decimal(38, 6)) as opening_amount,
    cast(coalesce(rolls.accrued_amount + rolls.reversed_amount, 0) as decimal(38, 6)) as earned_amount,
    cast(coalesce(rolls.adjusted_amount, 0) as decimal(38, 6)) as adjusted_amount,
    cast(coalesce(-rolls.redeemed_amount, 0) as decimal(38, 6)) as redeemed_amount,
    cast(coalesce(rolls.returned_amount, 0) as decimal(38, 6)) as returned_amount,
    cast(coalesce(rolls.revaluation_amount, 0) as decimal(38, 6)) as revaluation_amount,
    cast(coalesce(-rolls.rounding_amount, 0) as decimal(38, 6)) as rounding_amount,
    cast(coalesce(rolls.closing_amount, 0) as decimal(38, 6)) as closing_amount,
    coalesce(earnings.gift_coins, 0) as gift_coins,
    coalesce(earnings.gift_count, 0) as gift_count,
    cast(coalesce(earnings.list_value, 0) as decimal(38, 6)) as list_value_amount,
    cast(coalesce(earnings.list_value - earnings.earned_amount, 0) as decimal(38, 6)) as platform_amount,
    cast(coalesce(agencies.agency_amount, 0) as decimal(38, 6)) as agency_amount,
    cast(coalesce(earnings.rounding_kept, 0) as decimal(38, 6)) as rounding_kept,
    coalesce(payouts.withheld_amount, 0) as withheld_amount,
    coalesce(payouts.fee_amount, 0) as fee_amount,
    coalesce(payouts.paid_amount, 0) as paid_amount,
    coalesce(payouts.in_transit_amount, 0) as in_transit_amount,
    coalesce(payouts.failed_amount, 0) as failed_amount,
    cast(
        coalesce(adjustments.deducted_amount, 0) + coalesce(payouts.withheld_amount, 0) + coalesce(payouts.fee_amount, 0)
        as decimal(38, 6)
    ) as taken_amount,
    cast(coalesce(earnings.prior_amount, 0) + coalesce(late_reversals.amount, 0) + coalesce(adjustments.prior_amount, 0) as decimal(38, 6)) as prior_period_amount,
    coalesce(payouts.settled_gross_amount, 0) as settled_gross_amount,
    coalesce(payouts.settled_withheld_amount, 0) as settled_withheld_amount,
    coalesce(payouts.settled_fee_amount, 0) as settled_fee_amount,
    coalesce(payouts.settled_net_amount, 0) as settled_net_amount
from led_statement as keys
cross join run
left join led_creator_rollforward as rolls
    on rolls.creator_id = keys.creator_id
    and rolls.entity = keys.entity
    and rolls.currency = keys.currency
left join earnings
    on earnings.creator_id = keys.creator_id
    and earnings.entity = keys.entity
    and earnings.currency = keys.currency
left join late_reversals
    on late_reversals.creator_id = keys.creator_id
    and late_reversals.entity = keys.entity
    and late_reversals.currency = keys.currency
left join agencies
    on agencies.creator_id = keys.creator_id
    and agencies.entity = keys.entity
    and agencies.currency = keys.currency
left join adjustments
    on adjustments.creator_id = keys.creator_id
    and adjustments.entity = keys.entity
    and adjustments.currency = keys.currency
left join led_payout_sum as payouts
    on payouts.creator_id = keys.creator_id
    and payouts.entity = keys.entity
    and payouts.currency = keys.currency
left join terms
    on terms.creator_id = keys.creator_id
