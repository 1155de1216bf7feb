-- One row is one registered reseller of coins, in its latest version.
-- grain: reseller_id, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
with versions as (
    select
        reseller_id,
        valid_from,
        valid_to,
        name,
        min_price_per_coin,
        currency,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        row_number() over (
            partition by reseller_id, valid_from
            order by batch_no desc, source_line desc
        ) as version_rank
    from raw_resellers
),

latest as (
    select
        reseller_id,
        valid_from,
        valid_to,
        name,
        min_price_per_coin,
        currency,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        lead(valid_from) over (
            partition by reseller_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
)

select
    reseller_id,
    valid_from,
    valid_to,
    name,
    min_price_per_coin,
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
