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
-- checked: select cast(coalesce(sum(rows_read), 0) as bigint) from stg_batches
-- not_compared_reason: no file was ingested
-- Per line of a file, whatever was wrong with it; a key that says something else already is key_conflict's. Reasons: money (sales, payouts,
-- settlements, payments, bank lines, taxes, balances: it blocks), other. Subject: batch/line. A file of which more than
-- max_reject_share is wrong is not taken at all.
select
    coalesce(nullif(led_rejected_row.entity, ''), run.default_entity) as entity,
    'row' as subject_kind,
    led_rejected_row.batch_id || '/' || plain(led_rejected_row.source_line) as subject_id,
    cast(1 as decimal(38, 9)) as expected,
    cast(0 as decimal(38, 9)) as actual,
    cast(-1 as decimal(38, 9)) as difference,
    'rows' as unit,
    case
        when led_rejected_row.feed in (
            'coin_purchases', 'payouts', 'settlement_lines', 'provider_payments', 'bank_lines', 'balances', 'tax_payments', 'agency_payouts',
            'agency_adjustments'
        ) then 'money'
        else 'other'
    end as reason,
    'Line ' || plain(led_rejected_row.source_line) || ' of ' || led_rejected_row.source || ' (' || led_rejected_row.feed || ') was not taken'
        || coalesce(': ' || nullif(led_rejected_row.column_name, '') || ' is ' || coalesce('"' || nullif(led_rejected_row.offending_text, '') || '"', 'empty'), '')
        || coalesce('; wanted: ' || nullif(led_rejected_row.expected, ''), '') || '. What it says is in no total.' as detail,
    led_rejected_row.batch_id,
    led_rejected_row.source_line
from led_rejected_row
cross join run
left join led_rebooked_row
    on led_rebooked_row.feed = led_rejected_row.feed
    and led_rebooked_row.row_key = led_rejected_row.row_key
where led_rebooked_row.row_key is null and led_rejected_row.accounting_month = run.period
order by led_rejected_row.batch_id, led_rejected_row.source_line
