-- One row is an adjustment of a settlement report that nobody explained.
-- grain: subject_id
-- control: settlement_adjustment
-- severity: review
-- unit: currency
-- reasons: unexplained
-- guards: money that a store or provider takes under a name that says nothing
-- question: Is every adjustment that a store or provider made known and explained?
-- causes: a correction of an earlier report, a loan that is paid back, a penalty, a credit; a kind of line that carat.yaml should name (kinds)
-- action: ask the counterparty what it is for and write it down; where its lines are of another kind, say so in carat.yaml (feeds: settlement_lines: kinds)
-- checked: from led_line_apart
--     cross join run
--     where led_line_apart.accounting_month = run.period
--         and kind = 'adjustment'
--         and net_amount <> 0
-- not_compared_reason: no settlement report tells of an adjustment
-- An adjustment stands for no order; it is booked to settlement adjustments (5030), an account to be reviewed. Expected is nothing, actual what
-- was taken or given, + towards us.
select
    lines.entity,
    'settlement' as subject_kind,
    lines.line_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(lines.net_amount as decimal(38, 9)) as actual,
    cast(lines.net_amount as decimal(38, 9)) as difference,
    lines.currency as unit,
    'unexplained' as reason,
    'Report ' || lines.report_id || ' of ' || lines.counterparty || ' '
    || case when lines.net_amount < 0 then 'takes ' else 'gives ' end || plain(abs(lines.net_amount)) || ' ' || lines.currency
    || ' as an adjustment that stands for no order.' as detail,
    lines.batch_id,
    lines.source_line
from led_line_apart as lines
cross join run
where lines.accounting_month = run.period and lines.kind = 'adjustment' and lines.net_amount <> 0
order by lines.line_id
