-- One row is the rules of one payout method in one country (null: everywhere), in its latest version.
-- grain: method, country, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
with versions as (
    select
        method,
        country,
        valid_from,
        valid_to,
        min_amount,
        max_amount_per_day,
        coalesce(fee_fixed, 0) as fee_fixed,
        coalesce(fee_rate, 0) as fee_rate,
        coalesce(hold_days, 0) as hold_days,
        currency,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        row_number() over (
            partition by method, country, valid_from
            order by batch_no desc, source_line desc
        ) as version_rank
    from raw_payout_rules
),

latest as (
    select
        method,
        country,
        valid_from,
        valid_to,
        min_amount,
        max_amount_per_day,
        fee_fixed,
        fee_rate,
        hold_days,
        currency,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        lead(valid_from) over (
            partition by method, country
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
)

select
    method,
    country,
    valid_from,
    valid_to,
    min_amount,
    max_amount_per_day,
    fee_fixed,
    fee_rate,
    hold_days,
    currency,
    batch_id,
    source_line,
    ingested_at,
    accounting_month,
    least(
        coalesce(valid_to, timestamp with time zone '9999-12-31 00:00:00+00:00'),
        coalesce(next_valid_from, timestamp with time zone '9999-12-31 00:00:00+00:00')
    ) as valid_until
from latest
