-- One row is a payout and what the provider says of it, where the two don't agree.
-- grain: subject_kind, subject_id, unit, reason
-- control: payout_provider
-- severity: block
-- unit: currency
-- reasons: missing_at_provider, missing_in_ledger, returned, not_returned, returned_twice, currency, amount, bank_amount
-- guards: payouts that never left or went elsewhere; money that left without a payout, or more than it; returned money that nobody credits
-- question: Did the provider, or the bank, pay every payout, with its amount, and nothing else?
-- causes: a payment that failed after it was reported; a return that we didn't book; an amount or currency changed by the provider; a file of the provider or of the bank that is missing; a transfer typed by hand
-- action: ask the provider or the bank for the payment by its reference; book the failure or return as a new version of the payout; recover what was paid without one; where the payment names the payout otherwise, decide it: `carat exceptions match ID ID --reason TEXT`
-- checked: from (
--         select matched.subject_id
--         from led_match_payout as matched
--         cross join run
--         where matched.taken_at >= run.period_start
--             and (matched.outcome <> 'not_compared' or matched.subject_id in (select item_id from led_payout_group where side = 'ours'))
--             and not exists (
--                 select 1
--                 from ctl_payout_provider as named
--                 where named.subject_kind = matched.subject_kind
--                     and named.subject_id = matched.subject_id
--             )
--         union all
--         select subject_id
--         from ctl_payout_provider
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'payout_provider'
-- not_compared_reason: no payment of a provider was ever fed, and no line of the bank names the payout
-- What is out at the period's end: the amount that the creator receives (payout_amount, else net) of a payout that is paid,
-- against the provider's payments that were not failed or returned, within the tolerance. Reasons: missing_at_provider,
-- missing_in_ledger, returned (the provider took it back, we didn't), not_returned, returned_twice (more came back than went out), amount, currency. Where one side has
-- not followed the other yet, it has due_days of the web channel to do so. Named once, in the month in which it becomes a break. What a
-- provider didn't break is held against the bank too: bank_amount (lines that name the payout took another amount, or didn't bring back
-- what came back); the provider's own fee is expected where it was taken too.
select
    outcomes.entity,
    outcomes.subject_kind,
    outcomes.subject_id,
    cast(outcomes.our_amount as decimal(38, 9)) as expected,
    cast(outcomes.their_amount as decimal(38, 9)) as actual,
    cast(outcomes.their_amount - outcomes.our_amount as decimal(38, 9)) as difference,
    outcomes.currency as unit,
    outcomes.outcome as reason,
    case outcomes.outcome
        when 'missing_at_provider' then 'The payout says paid, ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || '; the provider made no such payment.'
        when 'missing_in_ledger' then
            case outcomes.subject_kind
                when 'payment' then 'The provider paid ' || plain(outcomes.their_amount) || ' ' || outcomes.currency
                    || ' for a payout that never arrived here.'
                else 'The provider paid ' || plain(outcomes.their_amount) || ' ' || outcomes.currency || ' (' || outcomes.line_id
                    || '); the payout says ' || outcomes.status || '.'
            end
        when 'returned' then 'The payout says paid, ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || '; at the provider ' || case
                when outcomes.their_amount = 0 then 'it'
                else plain(outcomes.our_amount - outcomes.their_amount) || ' ' || outcomes.currency || ' of it'
            end || ' failed or came back.'
        when 'not_returned' then 'The payout says ' || outcomes.status || '; at the provider ' || plain(outcomes.their_amount) || ' '
            || outcomes.currency || ' are still paid.'
        when 'returned_twice' then 'The provider brought back more of this payout than it paid: ' || plain(outcomes.their_amount) || ' ' || outcomes.currency
            || ' for ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '.'
        when 'currency' then 'The payout is ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || '; the provider paid in ' || outcomes.their_currency || '.'
        else 'The payout is ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '; the provider says '
            || plain(outcomes.their_amount) || ' ' || outcomes.currency || '.'
    end as detail,
    outcomes.batch_id,
    outcomes.source_line
from led_match_payout as outcomes
cross join run
where outcomes.outcome not in ('matched', 'tolerated', 'paid_twice', 'not_compared')
    and (outcomes.judged_at > run.period_start or outcomes.taken_at = run.period_start and outcomes.judged_at = run.period_start)
    and outcomes.judged_at <= run.period_end
union all
select
    taken.entity,
    'payout' as subject_kind,
    taken.payout_id as subject_id,
    cast(taken.payout_amount + taken.fee_amount as decimal(38, 9)) as expected,
    cast(taken.taken_amount as decimal(38, 9)) as actual,
    cast(taken.taken_amount - taken.payout_amount - taken.fee_amount as decimal(38, 9)) as difference,
    taken.currency as unit,
    taken.outcome as reason,
    case
        when taken.payout_amount = 0 and taken.taken_amount < taken.fee_amount then 'The payout came back; the bank brought '
            || plain(taken.fee_amount - taken.taken_amount) || ' ' || taken.currency || ' more than it took for it'
            || case when taken.fee_amount = 0 then '' else ', the fee of ' || plain(taken.fee_amount) || ' ' || taken.currency || ' left out' end || '.'
        when taken.payout_amount = 0 then 'The payout came back; of what the bank took for it '
            || plain(taken.taken_amount - taken.fee_amount) || ' ' || taken.currency || ' is not back'
            || case when taken.fee_amount = 0 then '' else ', the fee of ' || plain(taken.fee_amount) || ' ' || taken.currency || ' left out' end || '.'
        else case taken.payouts when 1 then 'The payout is ' else 'The ' || counted(taken.payouts, 'payout') || ' that belong together are ' end
            || plain(taken.payout_amount) || ' ' || taken.currency
            || case when taken.fee_amount = 0 then '' else ' and the fee ' || plain(taken.fee_amount) || ' ' || taken.currency end || '; the bank took ' || plain(taken.taken_amount) || ' ' || taken.currency
            || coalesce(', last by its line ' || taken.line_id, '') || '.'
    end as detail,
    taken.batch_id,
    taken.source_line
from led_payout_taken as taken
cross join run
where taken.outcome = 'bank_amount'
    and (taken.judged_at > run.period_start or taken.taken_at = run.period_start and taken.judged_at = run.period_start)
    and taken.judged_at <= run.period_end
order by subject_kind, subject_id, unit, reason
