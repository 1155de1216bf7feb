-- One row is a line of the bank that nothing explains: no settlement, no payout, no tax payment and no rule.
-- grain: line_id
-- control: bank_unexplained
-- severity: review
-- unit: currency
-- reasons: money_in, money_out
-- guards: money that leaves the bank and that nobody asked about; receipts that belong to somebody
-- question: Is every line of the bank explained?
-- causes: a payment made by hand; fraud; a receipt of a store whose report is missing; rent, wages, interest or transfers for which no bank rule was fed
-- action: ask who made the payment; have the missing report or payment delivered; for what comes every month feed a row of bank_rules that names its ledger account; accept what is known with its reason
-- checked: from (
--         select lines.line_id
--         from led_bank_booking as lines
--         cross join run
--         where days_after(lines.booked_at, (select coalesce(max(due_days), 0) from run_channels where channel = 'web')) > run.period_start
--             and days_after(lines.booked_at, (select coalesce(max(due_days), 0) from run_channels where channel = 'web')) <= run.period_end
--     ) as judged
-- not_compared_reason: no line of a bank is as old as the days that its other side has
-- Named once the days of the web channel (due_days) have passed, in the month in which they have: the other side may come as late. Until somebody explains it the line stands on 9010 Other bank
-- movements. A receipt that a settlement should have announced is settlement_bank's to name, a line that names payouts, or a provider's payment, payout_provider's and payout_duplicate's; what a rule books to 9010 was looked at.
-- Nothing explains it, so expected is 0; actual is signed as the bank's line.
with grace as (
    select coalesce(max(due_days), 0) as days
    from run_channels
    where channel = 'web'
),

-- what settlement_bank names, alone, among receipts that may be any of several payouts, or as part of a sum
settlement_lines as (
    select subject_id as line_id
    from led_match_outcome
    where match = 'settlement_bank' and subject_kind = 'bank'
    union
    select item_id as line_id
    from led_match_attribute
    where match = 'settlement_bank' and side = 'theirs'
    union
    select subject_id as line_id
    from led_match_sum
    where subject_kind = 'bank'
),

-- what pays under the reference of a provider's payment has payout_provider to say what is wrong with it
provider_lines as (
    select distinct lines.line_id
    from led_bank_booking as lines
    inner join led_provider_payment as payments
        on payments.entity = lines.entity
        and payments.provider_reference = lines.reference
    where lines.stage = 'other'
)

select
    lines.entity,
    'bank' as subject_kind,
    lines.line_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(lines.amount as decimal(38, 9)) as actual,
    cast(lines.amount as decimal(38, 9)) as difference,
    lines.currency as unit,
    case when lines.amount > 0 then 'money_in' else 'money_out' end as reason,
    case when lines.amount > 0 then 'The bank received ' else 'The bank paid ' end || plain(abs(lines.amount)) || ' ' || lines.currency
        || case when lines.counterparty is null then '' when lines.amount > 0 then ' from ' || lines.counterparty else ' to ' || lines.counterparty end
        || ' on ' || iso_day(local_day(lines.booked_at, run.time_zone)) || ', account ' || lines.account || coalesce(', "' || lines.reference || '"', '')
        || '; no settlement, payout, tax payment or bank rule explains it.' as detail,
    lines.batch_id,
    lines.source_line
from led_bank_booking as lines
cross join run
cross join grace
left join settlement_lines
    on settlement_lines.line_id = lines.line_id
left join provider_lines
    on provider_lines.line_id = lines.line_id
where lines.stage = 'other'
    and not lines.is_by_rule
    and provider_lines.line_id is null
    and settlement_lines.line_id is null
    and lines.amount <> 0
    and days_after(lines.booked_at, grace.days) > run.period_start
    and days_after(lines.booked_at, grace.days) <= run.period_end
order by subject_id
