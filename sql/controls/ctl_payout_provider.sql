-- One row is a payout and what the provider says of it, where the two don't agree.
-- grain: subject_kind, subject_id
-- control: payout_provider
-- severity: block
-- unit: currency
-- reasons: missing_at_provider, missing_in_ledger, returned, not_returned, currency, amount
-- guards: payouts that never left or went elsewhere; money that left without a payout; returned money that nobody credits
-- question: Did the provider pay every payout, with its amount, and nothing else?
-- causes: a payment that failed after it was reported; a return that we didn't book; an amount or currency changed by the provider; a file of the provider that is missing
-- action: ask the provider for the payment by its reference; book the failure or return as a new version of the payout; recover what was paid without one; where the payment names the payout otherwise, decide it: `carat exceptions match ID ID --reason TEXT`
-- checked: from led_match_payout cross join run where taken_at >= run.period_start and exists (select 1 from stg_provider_payments)
-- not_compared: from led_match_payout cross join run where taken_at >= run.period_start and not exists (select 1 from stg_provider_payments)
-- not_compared_reason: no payment of a provider was ever fed
-- What is out at the period's end: the amount that the creator receives (payout_amount, else net) of a payout that is paid,
-- against the provider's payments that were not failed or returned, within the tolerance. Reasons: missing_at_provider,
-- missing_in_ledger, returned (the provider took it back, we didn't), not_returned, amount, currency. Where one side has
-- not followed the other yet, it has due_days of the web channel to do so. Named once, in the month in which it becomes a break.
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
            || '; at the provider it failed or came back.'
        when 'not_returned' then 'The payout says ' || outcomes.status || '; at the provider ' || plain(outcomes.their_amount) || ' '
            || outcomes.currency || ' are still paid.'
        when 'currency' then 'The payout is ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || '; the provider paid in ' || outcomes.their_currency || '.'
        else 'The payout is ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '; the provider says '
            || plain(outcomes.their_amount) || ' ' || outcomes.currency || '.'
    end as detail,
    outcomes.batch_id,
    outcomes.source_line
from led_match_payout as outcomes
cross join run
where outcomes.outcome not in ('matched', 'tolerated', 'paid_twice')
    and outcomes.judged_at > run.period_start
    and outcomes.judged_at <= run.period_end
order by outcomes.subject_kind, outcomes.subject_id
