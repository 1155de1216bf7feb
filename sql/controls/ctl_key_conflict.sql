-- One row is a key that arrived with more than one content.
-- grain: feed, key
-- control: key_conflict
-- severity: block
-- unit: contents
-- reasons: balances, coin_purchases, gift_events, payouts, diamond_adjustments, coin_adjustments, settlement_lines, provider_payments, bank_lines, agency_payouts, agency_adjustments, tax_payments
-- guards: a row changed at its source after it was ingested; two systems that number alike
-- question: Did a row change after it was taken, or do two sources number alike?
-- causes: a source that rewrites rows instead of correcting them by new ones; two exports with the same numbering
-- action: compare both contents at their source; if the second is right, enter a correcting row
-- checked: select cast(coalesce(sum(rows_read), 0) as bigint) from stg_batches
-- not_compared_reason: no file was ingested
-- The first content stands and is in every total; each later one was refused at ingest and is named here with both places.
with conflicts as (
    select
        feed,
        entity,
        row_key,
        cast(count(*) as bigint) as refused,
        min(batch_id) as batch_id,
        min(source_line) as source_line,
        min(other_batch) as other_batch,
        min(other_line) as other_line
    from stg_rejects
    cross join run
    where code = 'key_conflict' and accounting_month = run.period
    group by feed, entity, row_key
)

select
    coalesce(conflicts.entity, run.default_entity) as entity,
    case conflicts.feed
        when 'coin_purchases' then 'purchase'
        when 'gift_events' then 'gift'
        when 'payouts' then 'payout'
        when 'agency_payouts' then 'payout'
        when 'settlement_lines' then 'settlement'
        when 'provider_payments' then 'payment'
        when 'bank_lines' then 'bank'
        when 'balances' then 'balance'
        when 'tax_payments' then 'tax_payment'
        else 'adjustment'
    end as subject_kind,
    conflicts.row_key as subject_id,
    cast(1 as decimal(38, 9)) as expected,
    cast(1 + conflicts.refused as decimal(38, 9)) as actual,
    cast(conflicts.refused as decimal(38, 9)) as difference,
    'contents' as unit,
    conflicts.feed as reason,
    conflicts.feed || ' ' || conflicts.row_key || ' stands as first read (batch ' || conflicts.other_batch || ', line '
        || plain(conflicts.other_line) || '); batch ' || conflicts.batch_id || ', line ' || plain(conflicts.source_line)
        || ' says something else and was refused.' as detail,
    conflicts.batch_id,
    conflicts.source_line
from conflicts
cross join run
order by subject_kind, subject_id, reason
