-- One row is a row of a file that was not taken and has not come again.
-- grain: subject_kind, subject_id
-- control: rejected_row
-- severity: review
-- blocks: money
-- unit: rows
-- reasons: money, other
-- guards: money that stands in a file and in no total: a payout, a receipt or a sale that nobody counts
-- question: Is everything that the files say counted, or known to be left out?
-- causes: a number, day or word that the source spells otherwise; a column that moved; a row cut in the middle
-- action: have the row corrected at its source and ingest it: it is gone from here once its key is there; where it came under another key or does not count, decide it with that row in `matched` or its amount in `value`
-- checked: from stg_batches
-- not_compared_reason: no file was ingested
-- Per line of a file, whatever was wrong with it; a key that says something else already is key_conflict's. Reasons: money (sales, payouts,
-- settlements, payments, bank lines, taxes, balances: it blocks), other. Subject: batch/line. A file of which more than
-- max_reject_share is wrong is not taken at all.
with rejected as (
    select
        stg_rejects.feed,
        stg_rejects.source,
        stg_rejects.batch_id,
        stg_rejects.source_line,
        min(stg_rejects.entity) as entity,
        min(stg_rejects.row_key) as row_key,
        min(stg_rejects.column_name) as column_name,
        min(stg_rejects.offending_text) as offending_text,
        min(stg_rejects.expected) as expected
    from stg_rejects
    cross join run
    where stg_rejects.code <> 'key_conflict' and stg_rejects.accounting_month = run.period
    group by stg_rejects.feed, stg_rejects.source, stg_rejects.batch_id, stg_rejects.source_line
)

select
    coalesce(nullif(rejected.entity, ''), run.default_entity) as entity,
    'row' as subject_kind,
    rejected.batch_id || '/' || plain(rejected.source_line) as subject_id,
    cast(1 as decimal(38, 9)) as expected,
    cast(0 as decimal(38, 9)) as actual,
    cast(-1 as decimal(38, 9)) as difference,
    'rows' as unit,
    case
        when rejected.feed in (
            'coin_purchases', 'payouts', 'settlement_lines', 'provider_payments', 'bank_lines', 'balances', 'tax_payments', 'agency_payouts',
            'agency_adjustments'
        ) then 'money'
        else 'other'
    end as reason,
    'Line ' || plain(rejected.source_line) || ' of ' || rejected.source || ' (' || rejected.feed || ') was not taken'
        || coalesce(': ' || nullif(rejected.column_name, '') || ' is ' || coalesce('"' || nullif(rejected.offending_text, '') || '"', 'empty'), '')
        || coalesce('; wanted: ' || nullif(rejected.expected, ''), '') || '. What it says is in no total.' as detail,
    rejected.batch_id,
    rejected.source_line
from rejected
cross join run
left join led_rebooked_row
    on led_rebooked_row.feed = rejected.feed
    and led_rebooked_row.row_key = rejected.row_key
where led_rebooked_row.row_key is null
order by rejected.batch_id, rejected.source_line
