-- One row is a payout of a store or provider and its receipt in the bank, where the two don't agree.
-- grain: subject_kind, subject_id, unit, reason
-- control: settlement_bank
-- severity: block
-- unit: currency
-- reasons: amount, duplicate, ambiguous, missing_in_bank, missing_in_settlement
-- guards: settlements that never reached the bank; receipts that no report explains; money that arrives short
-- question: Did every settlement reach the bank, whole and once?
-- causes: a bank file that is missing; a payout held back, split or sent to another account; a reference cut off by the bank; charges taken on the way
-- action: trace the payment with the store by its reference; get the missing bank or settlement file; book the bank's charges; where a receipt is the sum of several, or its reference is spelt otherwise, confirm it by the store's or the bank's advice and decide the match: `carat exceptions match ID ID… --reason TEXT`
-- checked: from (
--         select payouts.line_id
--         from (
--             select line_id, accounting_month
--             from led_line_apart
--             where kind = 'payout'
--             union all
--             select line_id, accounting_month
--             from led_report_payout
--         ) as payouts
--         cross join run
--         where payouts.accounting_month = run.period
--             and exists (select 1 from stg_bank_lines)
--             and payouts.line_id not in (select subject_id from ctl_settlement_bank where subject_kind = 'settlement')
--         union all
--         select subject_id
--         from ctl_settlement_bank
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'settlement_bank'
-- not_compared_reason: select case when exists (
--         select 1
--         from led_line_apart
--         where kind = 'payout'
--     ) then 'no bank statement was fed for the payouts of the month' when exists (select 1 from stg_bank_lines) then 'no settlement report tells of a payout' else 'no settlement report and no bank statement was fed' end
-- By bank_reference and currency: one to one, then sums of several; what has no reference that the other side knows, by amount
-- and days. Expected is what the report pays out (its net, sign turned), actual the bank's lines. In another currency the bank's
-- amount may differ from the published rate by a twentieth; that difference is FX. A receipt that is the sum of several payouts,
-- or receipts that are together one, are named, not taken for it. Reasons: amount, duplicate, ambiguous,
-- missing_in_bank once due_days of the channel have passed by the period's end, missing_in_settlement (a receipt from someone
-- who has paid settlements before, once the web's due_days have passed). They stay open from month to month until a row closes
-- them.
select
    outcomes.entity,
    outcomes.subject_kind,
    outcomes.subject_id,
    cast(outcomes.our_amount as decimal(38, 9)) as expected,
    cast(outcomes.their_amount as decimal(38, 9)) as actual,
    cast(outcomes.difference as decimal(38, 9)) as difference,
    outcomes.currency as unit,
    outcomes.outcome as reason,
    case outcomes.outcome
        when 'amount' then outcomes.channel || ' paid out '
            || coalesce(
                plain(outcomes.other_amount) || ' ' || outcomes.other_currency || ', which is ' || plain(outcomes.our_amount) || ' '
                || outcomes.currency || ' at the published rate',
                plain(outcomes.our_amount) || ' ' || outcomes.currency
            )
            || '; the bank received ' || plain(outcomes.their_amount) || ' ' || outcomes.currency || '.'
        when 'duplicate' then
            case
                when outcomes.their_items > outcomes.own_items then 'The bank received this payout of ' || outcomes.channel || ' '
                    || plain(outcomes.their_items) || ' times, ' || plain(outcomes.their_amount) || ' ' || outcomes.currency
                    || ' in all; it is ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '.'
                else 'Another line of ' || outcomes.channel || ' pays out under the same reference, and the bank received only one; this one is '
                    || plain(outcomes.our_amount) || ' ' || outcomes.currency || '.'
            end
        when 'ambiguous' then plain(outcomes.their_items) || ' receipts of the same day, ' || plain(outcomes.their_amount) || ' '
            || outcomes.currency || ' in all, may be any of ' || counted(outcomes.own_items, 'payout') || '.'
        when 'missing_in_bank' then outcomes.channel || ' paid out ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || ', which is due; no account received it' || coalesce(' alone: ' || led_match_sum.told, '') || '.'
        else 'The bank received ' || plain(outcomes.their_amount) || ' ' || outcomes.currency || ' that no settlement pays out'
            || coalesce(' alone: ' || led_match_sum.told, '') || '.'
    end as detail,
    outcomes.batch_id,
    outcomes.source_line
from led_match_outcome as outcomes
left join led_match_sum
    on led_match_sum.subject_kind = outcomes.subject_kind
    and led_match_sum.subject_id = outcomes.subject_id
where outcomes.match = 'settlement_bank'
    and outcomes.outcome not in ('matched', 'tolerated', 'not_yet_due', 'before_carat')
order by outcomes.subject_kind, outcomes.subject_id, outcomes.outcome
