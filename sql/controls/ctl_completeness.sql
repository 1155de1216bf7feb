-- One row is a day, or a stretch of days, without a feed that is expected daily, a feed that the month needs and nobody ever fed, or a batch whose rows don't add up.
-- grain: subject_kind, subject_id
-- control: completeness
-- severity: block
-- unit: days
-- reasons: missing_day, empty_feed, rows
-- guards: a file that never came; rows lost between the file and the history
-- question: Did every file come, and is every row of it here?
-- causes: a reference feed that was never set up; an export that failed or is late; a feed switched off; rows lost on a damaged disk
-- action: put the feed that is missing whole into the inbox; ask the sender for the day that is missing and ingest it; if rows were lost, `carat verify` says which file changed
-- checked: from (
--         select feed
--         from run_days
--         cross join run_expected_feeds
--         union all
--         select feed
--         from stg_batches
--         union all
--         select feed
--         from led_empty_feed
--     ) as expectations
-- not_compared_reason: no feed is expected daily, and no file was ingested
-- Every day of the month has a row of each feed marked `expected: daily` (days that follow one another are one row, FEED/FIRST/LAST); for every batch rows read = accepted + rejected +
-- duplicate + left out, and the history holds exactly the accepted ones. Rates, catalogue, packages or creators that were never fed are one
-- row each (empty_feed): the controls that hold rows against them then compare nothing and say so.
with held as (
    select
        batch_id,
        cast(sum(held_rows) as bigint) as held_rows
    from (
        select batch_id, held_rows
        from stg_batch_rows
        union all
        select batch_id, held_rows
        from led_earlier_batch
    ) as parts
    group by batch_id
),

absent as (
    select
        run_expected_feeds.feed,
        run_days.day,
        days_between(date '1970-01-01', run_days.day) - row_number() over (partition by run_expected_feeds.feed order by run_days.day) as stretch
    from run_days
    cross join run_expected_feeds
    left join led_feed_day
        on led_feed_day.feed = run_expected_feeds.feed
        and led_feed_day.day = run_days.day
    where led_feed_day.feed is null
),

stretches as (
    select feed, min(day) as first_day, max(day) as last_day, count(*) as days
    from absent
    group by feed, stretch
),

missing_days as (
    select
        run.default_entity as entity,
        'feed' as subject_kind,
        stretches.feed || '/' || iso_day(stretches.first_day) || case when stretches.days > 1 then '/' || iso_day(stretches.last_day) else '' end as subject_id,
        stretches.days as expected,
        cast(0 as bigint) as actual,
        'days' as unit,
        'missing_day' as reason,
        'No row of ' || stretches.feed || ' is dated ' || iso_day(stretches.first_day)
            || case when stretches.days > 1 then ' to ' || iso_day(stretches.last_day) || ', ' || counted(stretches.days, 'day') else '' end
            || '. Is a file missing?' as detail,
        cast(null as varchar) as batch_id
    from stretches
    cross join run
),

uneven_batches as (
    select
        run.default_entity as entity,
        'batch' as subject_kind,
        stg_batches.batch_id as subject_id,
        stg_batches.rows_read - stg_batches.rows_rejected - stg_batches.rows_duplicate - stg_batches.rows_left_out as expected,
        coalesce(held.held_rows, 0) as actual,
        'rows' as unit,
        'rows' as reason,
        'Of ' || stg_batches.source || ', ' || counted(stg_batches.rows_read, 'row') || ' ' || were(stg_batches.rows_read) || ' read: '
            || plain(stg_batches.rows_accepted) || ' accepted, ' || plain(stg_batches.rows_rejected) || ' rejected'
            || case stg_batches.rows_left_out when 0 then '' else ', ' || plain(stg_batches.rows_left_out) || ' left out' end || ' and '
            || plain(stg_batches.rows_duplicate) || ' duplicates; the history holds ' || plain(coalesce(held.held_rows, 0)) || '.' as detail,
        stg_batches.batch_id
    from stg_batches
    cross join run
    left join held
        on held.batch_id = stg_batches.batch_id
    where coalesce(held.held_rows, 0)
        <> stg_batches.rows_read - stg_batches.rows_rejected - stg_batches.rows_duplicate - stg_batches.rows_left_out
        or coalesce(held.held_rows, 0) <> stg_batches.rows_accepted
),

empty_feeds as (
    select
        run.default_entity as entity,
        'feed' as subject_kind,
        led_empty_feed.feed as subject_id,
        led_empty_feed.needing_rows as expected,
        cast(0 as bigint) as actual,
        'rows' as unit,
        'empty_feed' as reason,
        'No ' || led_empty_feed.thing || ' was ever fed, and ' || plain(led_empty_feed.needing_rows) || ' ' || led_empty_feed.needing
            || case led_empty_feed.needing_rows when 1 then ' needs one: put ' else 's need one: put ' end
            || led_empty_feed.feed || '*.csv into the inbox.' as detail,
        cast(null as varchar) as batch_id
    from led_empty_feed
    cross join run
),

findings as (
    select entity, subject_kind, subject_id, expected, actual, unit, reason, detail, batch_id
    from missing_days
    union all
    select entity, subject_kind, subject_id, expected, actual, unit, reason, detail, batch_id
    from empty_feeds
    union all
    select entity, subject_kind, subject_id, expected, actual, unit, reason, detail, batch_id
    from uneven_batches
)

select
    entity,
    subject_kind,
    subject_id,
    cast(expected as decimal(38, 9)) as expected,
    cast(actual as decimal(38, 9)) as actual,
    cast(actual - expected as decimal(38, 9)) as difference,
    unit,
    reason,
    detail,
    batch_id,
    cast(null as bigint) as source_line
from findings
order by subject_kind, subject_id
