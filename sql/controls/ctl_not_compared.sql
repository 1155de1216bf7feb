-- One row is an account that a blocking control had nothing to compare with, so that nothing shows whether it is right.
-- grain: entity, subject_id, reason
-- control: not_compared
-- severity: review
-- unit: things
-- reasons: balance, report, statement, payment, account
-- guards: a number that nobody compares, and a month that is signed as if somebody had
-- question: Was everything that blocking controls judge held against something else?
-- causes: a balance that the system of record, a store or a bank states and that was not fed; a report that never came; a payout that doesn't say what it pays; a platform that has no such file yet
-- action: have the missing file delivered and run the month again; where there is none, accept the gap with its reason: for this month (explained), or until a day within a year (waived)
-- checked: from led_compared_account where is_asked
-- not_compared_reason: no balance, order, payout or bank line of the month asks for another side
-- Per control, entity and account (led_compared_account says which). An explanation is of one month: in the next it is asked again. A
-- waiver stands until its day. The gap has no amount: how much is wrong nobody knows.
select
    entity,
    'control' as subject_kind,
    control || '/' || account as subject_id,
    cast(null as decimal(38, 9)) as expected,
    cast(null as decimal(38, 9)) as actual,
    cast(null as decimal(38, 9)) as difference,
    'things' as unit,
    case missing
        when 'balance' then 'balance'
        when 'report' then 'report'
        when 'statement' then 'statement'
        when 'payment' then 'payment'
        else 'account'
    end as reason,
    case
        when control = 'coin_rollforward' then 'No balance of the system of record was fed for ' || plain(things) || ' of '
            || counted(all_things, 'viewer') || ' with coins.'
        when control = 'diamond_rollforward' then 'No diamonds of the system of record were fed for ' || plain(things) || ' of '
            || counted(all_things, 'creator') || ' with diamonds.'
        when control = 'creator_payable_rollforward' then 'No amount of the system of record was fed for ' || plain(things) || ' of '
            || counted(all_things, 'creator') || ' with a balance.'
        when control = 'agency_rollforward' then 'No amount of the system of record was fed for ' || plain(things) || ' of '
            || counted(all_things, 'balance') || ' of agencies.'
        when control = 'contract_liability' then 'No balance of the ledger was fed for ' || plain(things) || ' of '
            || counted(all_things, 'balance') || ' of ' || account || ' by channel and currency.'
        when control = 'receivable_rollforward' then 'What is owed at the end of the month was not fed for ' || plain(things) || ' of '
            || counted(all_things, 'balance') || ' of ' || account || ' by currency.'
        when control = 'settlement_payout' then 'Nothing says which lines are paid by ' || plain(things) || ' of '
            || counted(all_things, 'payout') || ' of ' || account || '.'
        when control = 'settlement_bank' and missing = 'report' then 'No settlement report tells of a payout; account ' || account
            || ' has ' || counted(things, 'receipt') || '.'
        when control = 'settlement_bank' then 'No bank statement was fed for ' || counted(things, 'payout') || ' of ' || account || '.'
        when control = 'bank_balance' then 'The bank states no balance of account ' || account
            || ' behind its last line of the month, for ' || plain(things) || ' of ' || counted(all_things, 'balance') || ' by currency.'
        when control = 'purchase_settlement' then 'No settlement report was ever fed for ' || counted(things, 'order') || '.'
        when control = 'payout_provider' then 'No payment of a provider was ever fed, and no line of the bank tells of '
            || plain(things) || ' of ' || counted(all_things, 'payout') || '.'
        when control = 'payment_bank' and account = 'tax' then 'No bank statement was fed for ' || plain(things) || ' of '
            || counted(all_things, 'tax payment') || '.'
        when control = 'payment_bank' then 'No line of a bank, and no disbursement of a provider, ever took a payout by ' || account
            || '; clearing keeps ' || plain(things) || ' of ' || counted(all_things, 'payout') || ' of the month.'
        else 'What moves account ' || account || ' is not all told by the bridge, so its two sides are not compared.'
    end as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from led_compared_account
where things > 0 and is_asked
order by entity, subject_id, reason
