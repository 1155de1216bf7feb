-- One row is what became of one kind of match in one channel and currency: how many, and how much on both sides.
-- grain: match, entity, channel, currency, outcome
-- materialized: view
-- result: match_summaries
-- order: match, entity, channel, currency, outcome
-- The controller's view from settlement to cash. matched, tolerated and fee are what was completed in the period; every other
-- outcome is what stands at its end, whenever it began. Amounts are + towards the platform (of payouts: to the creators);
-- of not_yet_due and missing ones only one side is there. before_carat was not judged: it is older than the first period.
with rows_of_all as (
    select 'purchase_settlement' as match, entity, channel, currency, outcome, pairs, our_amount, their_amount, tolerated
    from led_match_clean
    union all
    select
        outcomes.match,
        outcomes.entity,
        outcomes.channel,
        outcomes.currency,
        outcomes.outcome,
        outcomes.pairs,
        outcomes.our_amount,
        outcomes.their_amount,
        case when outcomes.outcome in ('tolerated', 'fee') then outcomes.difference else 0 end as tolerated
    from led_match_outcome as outcomes
    cross join run
    where outcomes.outcome not in ('matched', 'tolerated', 'fee') or outcomes.taken_at >= run.period_start
    union all
    select
        'payout_provider' as match,
        payouts.entity,
        payouts.channel,
        payouts.currency,
        case
            when payouts.judged_at > run.period_end then 'not_yet_due'
            else payouts.outcome
        end as outcome,
        cast(1 as bigint) as pairs,
        payouts.our_amount,
        payouts.their_amount,
        case when payouts.outcome = 'tolerated' then payouts.their_amount - payouts.our_amount else 0 end as tolerated
    from led_match_payout as payouts
    cross join run
    where payouts.taken_at >= run.period_start or payouts.judged_at > run.period_start
)

select
    run.period,
    run.run_id,
    rows_of_all.match,
    rows_of_all.entity,
    rows_of_all.channel,
    rows_of_all.currency,
    rows_of_all.outcome,
    cast(sum(rows_of_all.pairs) as bigint) as count,
    cast(sum(rows_of_all.our_amount) as decimal(38, 6)) as our_amount,
    cast(sum(rows_of_all.their_amount) as decimal(38, 6)) as their_amount,
    cast(sum(rows_of_all.their_amount - rows_of_all.our_amount) as decimal(38, 6)) as difference,
    cast(sum(rows_of_all.tolerated) as decimal(38, 6)) as tolerated
from rows_of_all
cross join run
group by
    run.period,
    run.run_id,
    rows_of_all.match,
    rows_of_all.entity,
    rows_of_all.channel,
    rows_of_all.currency,
    rows_of_all.outcome
