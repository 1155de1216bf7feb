-- One row is what matching books on one day for one counterparty and currency.
-- grain: match, entity, day, channel, counterparty, currency, other_currency
-- Only what was completed in the period. cash_amount is what the bank received for settlements (in currency, the bank's), and
-- receivable_amount what it settles, in other_currency when the bank's is another; fee_difference is what settlements gave
-- more (+) or took more (-) than the booked fee, of every order whose settlement states a fee or implies it; tolerated is the difference
-- within the tolerance, + towards the platform; fx_difference what the bank's conversion gave more than the published rate.
-- Of payouts tolerated is what the provider sent more (-) or less (+) than the payout says.
with days as (
    select
        'purchase_settlement' as match,
        entity,
        day,
        channel,
        counterparty,
        currency,
        cast(null as varchar) as other_currency,
        pairs,
        fee_difference,
        tolerated,
        cast(0 as decimal(38, 6)) as cash_amount,
        cast(0 as decimal(38, 6)) as receivable_amount,
        cast(0 as decimal(38, 6)) as fx_difference
    from led_match_clean
    union all
    select
        outcomes.match,
        outcomes.entity,
        local_day(outcomes.taken_at, run.time_zone) as day,
        outcomes.channel,
        coalesce(outcomes.counterparty, outcomes.channel) as counterparty,
        outcomes.currency,
        outcomes.other_currency,
        outcomes.pairs,
        coalesce(outcomes.fee_difference, 0) as fee_difference,
        case
            when outcomes.outcome = 'tolerated' or (outcomes.outcome in ('fee', 'tax') and outcomes.difference <> 0) then outcomes.difference
            else 0
        end as tolerated,
        case when outcomes.match = 'settlement_bank' then outcomes.their_amount else 0 end as cash_amount,
        case when outcomes.match = 'settlement_bank' then coalesce(outcomes.other_amount, outcomes.our_amount) else 0 end
            as receivable_amount,
        coalesce(outcomes.fx_difference, 0) as fx_difference
    from led_match_outcome as outcomes
    cross join run
    where outcomes.outcome in ('matched', 'tolerated', 'fee', 'tax') and outcomes.taken_at >= run.period_start
    union all
    select
        'payout_provider' as match,
        payouts.entity,
        local_day(payouts.taken_at, run.time_zone) as day,
        payouts.channel,
        payouts.channel as counterparty,
        payouts.currency,
        cast(null as varchar) as other_currency,
        cast(1 as bigint) as pairs,
        cast(0 as decimal(38, 6)) as fee_difference,
        payouts.our_amount - payouts.their_amount as tolerated,
        cast(0 as decimal(38, 6)) as cash_amount,
        cast(0 as decimal(38, 6)) as receivable_amount,
        cast(0 as decimal(38, 6)) as fx_difference
    from led_match_payout as payouts
    cross join run
    where payouts.outcome = 'tolerated' and payouts.taken_at >= run.period_start
)

select
    match,
    entity,
    day,
    channel,
    counterparty,
    currency,
    other_currency,
    cast(sum(pairs) as bigint) as pairs,
    cast(sum(fee_difference) as decimal(38, 6)) as fee_difference,
    cast(sum(tolerated) as decimal(38, 6)) as tolerated,
    cast(sum(cash_amount) as decimal(38, 6)) as cash_amount,
    cast(sum(receivable_amount) as decimal(38, 6)) as receivable_amount,
    cast(sum(fx_difference) as decimal(38, 6)) as fx_difference
from days
group by match, entity, day, channel, counterparty, currency, other_currency
