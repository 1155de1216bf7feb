-- One row is a result of the closed month before that is not any more what was signed, or a balance that this month doesn't open with as that one closed.
-- grain: subject_id, reason, unit
-- control: prior_period
-- severity: block
-- unit: rows, coins, diamonds or currency
-- reasons: not_as_signed, opening
-- guards: a signed month that is changed afterwards, and with it every balance that this month opens with
-- question: Is the closed month before still as it was signed, does it come out the same when it is run again, and does this month open with exactly what it closed with?
-- causes: files of the lake that were changed by hand or restored from an old backup; another version of the SQL engine that computes otherwise; a setting of carat.yaml (store fees, breakage, an entity's currency, accounts) or a version of carat's SQL that is not the one the month was closed with
-- action: run `carat verify`, and restore the lake from a backup; put the setting back; a month that must change is opened again by `carat reopen`
-- checked: from (select table_name from run_closed union all select subject_id from ctl_prior_period where reason = 'opening') as judged
-- not_compared_reason: no month is closed yet
-- The first outcome comes from outside SQL: each reconciliation compares the certificate, the hash chain and the result files
-- of the last closed month with what was signed; preparing a month also runs the closed one again over the rows that it covers.
-- The second compares the signed closings (roll-forwards, viewers, lots, trial balance) with this month's openings, to the last
-- unit: sums are named one by one, of viewers, creators and lots how many differ and the first of them.
with sums as (
    select
        entity,
        run.period_before || '/' || case table_name
            when 'trial_balances' then 'trial_balance/' || subject_id || case identity when 'own' then '' else '/' || identity end
            when 'rollforwards' then identity || case when subject_kind = 'entity' then '' else '/' || subject_id end
        end as subject_id,
        unit,
        closed,
        opened
    from led_opening_break
    cross join run
    where table_name = 'trial_balances' or (table_name = 'rollforwards' and subject_kind in ('entity', 'channel', 'stage'))
),

parts as (
    select
        led_opening_break.entity,
        case led_opening_break.subject_kind when 'creator' then 'creators' when 'viewer' then 'viewers' else 'lots' end as what,
        led_opening_break.subject_id,
        led_opening_break.unit,
        led_opening_break.closed,
        led_opening_break.opened,
        row_number() over (
            partition by led_opening_break.entity, led_opening_break.subject_kind
            order by led_opening_break.subject_id, led_opening_break.identity, led_opening_break.unit
        ) as place
    from led_opening_break
    where led_opening_break.subject_kind in ('creator', 'viewer', 'lot')
),

counted as (
    select entity, what, cast(count(distinct subject_id) as bigint) as subjects
    from parts
    group by entity, what
),

findings as (
    select
        run.default_entity as entity,
        run_closed.period || '/' || run_closed.table_name as subject_id,
        cast(0 as decimal(38, 9)) as expected,
        cast(run_closed.differing_rows as decimal(38, 9)) as actual,
        'rows' as unit,
        'not_as_signed' as reason,
        'Of ' || run_closed.period || ', closed as version ' || plain(run_closed.version) || ', ' || run_closed.table_name
            || ' is not as it was signed: ' || coalesce(run_closed.problem, counted(run_closed.differing_rows, 'row') || case when run_closed.differing_rows = 1 then ' differs' else ' differ' end) || '.' as detail
    from run_closed
    cross join run
    where run_closed.differing_rows > 0
    union all
    select
        sums.entity,
        sums.subject_id,
        cast(sums.closed as decimal(38, 9)) as expected,
        cast(sums.opened as decimal(38, 9)) as actual,
        sums.unit,
        'opening' as reason,
        'The closed month ended with ' || with_unit(sums.closed, sums.unit) || ', and this one begins with '
            || with_unit(sums.opened, sums.unit) || ': its rows are judged otherwise than when it was signed.' as detail
    from sums
    union all
    select
        counted.entity,
        run.period_before || '/' || counted.what as subject_id,
        cast(0 as decimal(38, 9)) as expected,
        cast(counted.subjects as decimal(38, 9)) as actual,
        'rows' as unit,
        'opening' as reason,
        counted(counted.subjects, without_s(counted.what)) || case when counted.subjects = 1 then ' begins' else ' begin' end || ' with another balance than the closed month ended with; the first is '
            || parts.subject_id || ': ' || with_unit(parts.closed, parts.unit) || ' then, ' || with_unit(parts.opened, parts.unit) || ' now.' as detail
    from counted
    cross join run
    inner join parts
        on parts.entity = counted.entity
        and parts.what = counted.what
        and parts.place = 1
)

select
    entity,
    'period' as subject_kind,
    subject_id,
    expected,
    actual,
    cast(actual - expected as decimal(38, 9)) as difference,
    unit,
    reason,
    detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from findings
order by subject_id, reason, unit, entity
