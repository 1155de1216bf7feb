-- One row is a result of the closed month before that is not any more what was signed.
-- grain: period, table_name
-- control: prior_period
-- severity: block
-- unit: rows
-- guards: a signed month that is changed afterwards, and with it every balance that this month opens with
-- question: Is the closed month before still as it was signed, and does it come out the same when it is run again?
-- causes: files of the lake that were changed by hand or restored from an old backup; another version of the SQL engine that computes otherwise
-- action: run `carat verify`, and restore the lake from a backup; a month that must change is opened again by `carat reopen`
-- checked: from run_closed
-- The outcome comes from outside SQL: each reconciliation compares the certificate, the hash chain and the result files of the
-- last closed month with what was signed; preparing a month also runs the closed one again over the rows that it covers.
select
    run.default_entity as entity,
    'period' as subject_kind,
    run_closed.period || '/' || run_closed.table_name as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(run_closed.differing_rows as decimal(38, 9)) as actual,
    cast(run_closed.differing_rows as decimal(38, 9)) as difference,
    'rows' as unit,
    'not_as_signed' as reason,
    'Of ' || run_closed.period || ', closed as version ' || plain(run_closed.version) || ', ' || run_closed.table_name
        || ' is not as it was signed: ' || coalesce(run_closed.problem, 'rows differ') || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from run_closed
cross join run
where run_closed.differing_rows > 0
order by run_closed.period, run_closed.table_name
