-- One row is a row of a file that was not taken, whatever was wrong with it, in the month in which it has to be known.
-- grain: batch_id, source_line
-- Key conflicts are not here: the key is there, with another content. A row is of the month that it says; one whose time could not be read, or
-- that has none (a price, a rate), is of the month that was the earliest open one when the file came: no month is closed with it unknown.
with rejects as (
    select
        stg_rejects.feed,
        stg_rejects.source,
        stg_rejects.batch_id,
        stg_rejects.source_line,
        min(stg_rejects.entity) as entity,
        min(stg_rejects.row_key) as row_key,
        min(stg_rejects.column_name) as column_name,
        min(stg_rejects.offending_text) as offending_text,
        min(stg_rejects.expected) as expected,
        min(stg_rejects.accounting_month) as accounting_month,
        max(case
            when coalesce(stg_rejects.column_name, '') in (
                '', 'booked_at', 'settled_at', 'transaction_at', 'purchased_at', 'sent_at', 'adjusted_at', 'requested_at', 'updated_at', 'paid_at',
                'as_of', 'covers_from', 'covers_to'
            ) then 1
            when stg_rejects.feed in (
                'coin_purchases', 'gift_events', 'payouts', 'diamond_adjustments', 'coin_adjustments', 'settlement_lines', 'provider_payments',
                'bank_lines', 'balances', 'tax_payments', 'agency_payouts', 'agency_adjustments'
            ) then 0
            else 1
        end) as is_undated
    from stg_rejects
    where stg_rejects.code <> 'key_conflict'
    group by stg_rejects.feed, stg_rejects.source, stg_rejects.batch_id, stg_rejects.source_line
)

select
    rejects.feed,
    rejects.source,
    rejects.batch_id,
    rejects.source_line,
    rejects.entity,
    rejects.row_key,
    rejects.column_name,
    rejects.offending_text,
    rejects.expected,
    case
        when rejects.is_undated = 1 then least(coalesce(run_batches.earliest_open, rejects.accounting_month), rejects.accounting_month)
        else rejects.accounting_month
    end as accounting_month
from rejects
left join run_batches
    on run_batches.batch_id = rejects.batch_id
