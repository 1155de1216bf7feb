-- One row is a viewer whose lots carat's own pass made otherwise than the rules in SQL say.
-- grain: viewer_id, entity
-- control: lots_as_specified
-- severity: block
-- unit: rows
-- reasons: different
-- guards: a fault in the fast way to the lots, in money that nobody adds up again
-- question: Are lots, takes, debts and wallets, which a program makes in one pass, what the signed rules in SQL say?
-- causes: a fault in carat's pass; a change of the rules that the pass does not follow; another version of the SQL engine
-- action: report it with the viewer's rows: the rows published are those of the rules, and the month is right, but nothing should be closed before it is understood
-- checked: from (
--         select led_viewer.viewer_id, led_viewer.entity
--         from run_lot_viewers
--         inner join led_viewer on led_viewer.viewer_no = run_lot_viewers.viewer_no
--         where run_lot_viewers.is_drawn
--         union
--         select viewer_id, entity
--         from run_lot_differences
--     ) as judged
-- not_compared_reason: no viewer had coins, or the rules themselves made the lots
-- Every run builds the rules for a sample of the viewers beside the pass: one in a hundred by a hash of the run, and of those with
-- refunds, reversals, debt or breakage up to five hundred, of up to twenty thousand rows; all, below two thousand viewers, when preparing a month has to run it again, when
-- an earlier run of the month found a difference, and when any row of the sample differs. Then the rows of the rules are published. What is
-- counted as checked are the viewers that the hash drew, and those that are named: who else is compared depends on how much of the history the run had to read.
select
    entity,
    'viewer' as subject_kind,
    viewer_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(sum(differing_rows) as decimal(38, 9)) as actual,
    cast(sum(differing_rows) as decimal(38, 9)) as difference,
    'rows' as unit,
    'different' as reason,
    'The pass over this viewer''s coins gave ' || counted(cast(sum(differing_rows) as bigint), 'row') || ' otherwise than the rules in SQL, first in '
        || min(model) || '. The rows of the rules are published.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from run_lot_differences
group by entity, viewer_id
