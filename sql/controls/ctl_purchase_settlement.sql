-- One row is an order and its settlement by the store or provider, where the two don't agree, or a settlement line that doesn't agree with itself.
-- grain: subject_kind, subject_id, unit, reason
-- control: purchase_settlement
-- severity: block
-- unit: currency
-- reasons: amount, fee, tax, quantity, currency, duplicate, ambiguous, missing_in_settlement, missing_in_ledger, net
-- guards: sales that a store never paid for; money for sales that nobody booked; fees above the contract; a report read twice
-- question: Did every order reach its settlement, at the right amount and fee, once?
-- causes: a report that is missing or was read twice; a refund made in the store alone; a sale lost on the way to the platform; a changed commission; a currency converted where it shouldn't be; a line whose net was rounded or typed by hand
-- action: get the report or the order that is missing; claim what the store owes; book what it reports and we lack; settle a wrong fee with the store; where an order and a line are one under two transactions, decide it: `carat exceptions match ID ID --reason TEXT`
-- checked: from (
--         select purchases.purchase_id
--         from stg_coin_purchases as purchases
--         cross join run
--         where purchases.accounting_month = run.period
--             and exists (select 1 from stg_settlement_lines)
--             and not exists (
--                 select 1
--                 from ctl_purchase_settlement as named
--                 where named.subject_kind = 'purchase'
--                     and named.subject_id = purchases.purchase_id
--             )
--         union all
--         select subject_id
--         from ctl_purchase_settlement
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'purchase_settlement'
-- not_compared_reason: no settlement report was ever fed
-- By transaction, kind and currency: one to one, then sums of several; lines without a transaction by what they say; aggregates
-- by channel, SKU, country, currency and range, in units and amount, once the range has ended (named by that key). Amounts
-- are + towards the platform, expected is ours, actual theirs, in the currency that the customer paid. A fee is compared where
-- both sides know it, a tax where the line tells what it keeps: what isn't ours to pay by the order is what the line may take. Reasons: amount, fee, tax, quantity, currency, duplicate, ambiguous (nothing is confirmed),
-- missing_in_settlement once due_days of the channel have passed by the period's end, missing_in_ledger. All of them but fee,
-- which is booked to store-fee cost, stay open from month to month until a row closes them. A line that states its fee is held
-- against itself too, in its month: gross + tax + fee = net, in its own currency and within its tolerance (reason net).
select
    outcomes.entity,
    outcomes.subject_kind,
    outcomes.subject_id,
    cast(case outcomes.outcome when 'fee' then outcomes.known_fee when 'tax' then outcomes.known_tax when 'quantity' then outcomes.own_items else outcomes.our_amount end
        as decimal(38, 9)) as expected,
    cast(case outcomes.outcome when 'fee' then outcomes.line_fee when 'tax' then outcomes.line_tax when 'quantity' then outcomes.their_items else outcomes.their_amount end
        as decimal(38, 9)) as actual,
    cast(case outcomes.outcome
        when 'fee' then outcomes.line_fee - outcomes.known_fee
        when 'tax' then outcomes.line_tax - outcomes.known_tax
        when 'quantity' then outcomes.their_items - outcomes.own_items
        else outcomes.difference
    end as decimal(38, 9)) as difference,
    case when outcomes.outcome = 'quantity' then 'units' else outcomes.currency end as unit,
    outcomes.outcome as reason,
    case outcomes.outcome
        when 'amount' then 'We booked ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '; the settlement of '
            || outcomes.channel || ' says ' || plain(outcomes.their_amount) || ' ' || outcomes.currency || '.'
        when 'fee' then 'The order was booked with a fee of ' || plain(-outcomes.known_fee) || ' ' || outcomes.currency || '; '
            || outcomes.channel || ' took ' || plain(-outcomes.line_fee) || ' ' || outcomes.currency || '.'
        when 'tax' then 'By the order ' || outcomes.channel || ' keeps ' || plain(-outcomes.known_tax) || ' ' || outcomes.currency
            || ' of tax to pay itself; its settlement took ' || plain(-outcomes.line_tax) || ' ' || outcomes.currency || '.'
        when 'quantity' then 'Both sides have ' || plain(outcomes.our_amount) || ' ' || outcomes.currency
            || ', but we booked ' || plain(outcomes.own_items) || ' units and the report of ' || outcomes.channel || ' has '
            || plain(outcomes.their_items) || '.'
        when 'currency' then 'We booked ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '; ' || outcomes.channel
            || ' settled it in ' || outcomes.other_currency || ' and names no amount in ' || outcomes.currency || '.'
        when 'duplicate' then
            case
                when outcomes.their_items > outcomes.own_items then 'The settlement of ' || outcomes.channel || ' has this transaction '
                    || plain(outcomes.their_items) || ' times, ' || plain(outcomes.their_amount) || ' ' || outcomes.currency
                    || ' in all; we booked ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || '.'
                else 'Another order has the same transaction of ' || outcomes.channel || ', and only one of them was settled; this one is '
                    || plain(outcomes.our_amount) || ' ' || outcomes.currency || '.'
            end
        when 'ambiguous' then counted(outcomes.their_items, 'line') || ' of ' || outcomes.channel || ' without a transaction, '
            || plain(outcomes.their_amount) || ' ' || outcomes.currency || ' in all, may stand for any of '
            || counted(outcomes.own_items, 'order') || '.'
        when 'missing_in_settlement' then 'We booked ' || plain(outcomes.our_amount) || ' ' || outcomes.currency || ', which is due; no report of '
            || outcomes.channel || ' has it.'
        else 'The report of ' || outcomes.channel || ' has ' || plain(outcomes.their_amount) || ' ' || outcomes.currency
            || ' for which no order arrived here.'
    end as detail,
    outcomes.batch_id,
    outcomes.source_line
from led_match_outcome as outcomes
cross join run
where outcomes.match = 'purchase_settlement'
    and outcomes.outcome not in ('matched', 'tolerated', 'not_yet_due', 'before_carat')
    and (outcomes.outcome <> 'fee' or outcomes.taken_at >= run.period_start)
    -- where no report was ever fed nothing is missing in one: it is not compared
    and (outcomes.outcome <> 'missing_in_settlement' or exists (select 1 from stg_settlement_lines))
union all
select
    lines.entity,
    'settlement' as subject_kind,
    lines.line_id as subject_id,
    cast(lines.gross_amount + coalesce(lines.tax_amount, 0) + lines.fee_amount as decimal(38, 9)) as expected,
    cast(lines.net_amount as decimal(38, 9)) as actual,
    cast(lines.net_amount - lines.gross_amount - coalesce(lines.tax_amount, 0) - lines.fee_amount as decimal(38, 9)) as difference,
    lines.currency as unit,
    'net' as reason,
    'The line of ' || lines.channel || ' says gross ' || plain(lines.gross_amount) || ', tax ' || plain(coalesce(lines.tax_amount, 0))
        || ' and fee ' || plain(lines.fee_amount) || ' ' || lines.currency || ', but a net of ' || plain(lines.net_amount) || ' ' || lines.currency || '.' as detail,
    lines.batch_id,
    lines.source_line
from stg_settlement_lines as lines
cross join run
left join run_tolerances
    on run_tolerances.currency = lines.currency
where lines.accounting_month = run.period
    and lines.kind in ('sale', 'refund', 'chargeback')
    and lines.fee_amount is not null
    and abs(lines.net_amount - lines.gross_amount - coalesce(lines.tax_amount, 0) - lines.fee_amount)
        > coalesce(run_tolerances.tolerance, 0)
order by subject_kind, subject_id, unit, reason
