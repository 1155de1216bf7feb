-- One row is one conversion rate of one scope, in its latest version.
-- grain: scope, scope_id, valid_from
-- The latest ingested version of a key wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
with versions as (
    select
        scope,
        scope_id,
        valid_from,
        valid_to,
        diamonds_per_coin,
        diamond_value,
        coin_value,
        platform_share,
        currency,
        rounding,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        row_number() over (
            partition by scope, scope_id, valid_from
            order by ingested_at desc, batch_id desc, source_line desc
        ) as version_rank
    from raw_conversion_rates
),

latest as (
    select
        scope,
        scope_id,
        valid_from,
        valid_to,
        diamonds_per_coin,
        diamond_value,
        coin_value,
        platform_share,
        currency,
        rounding,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        lead(valid_from) over (
            partition by scope, scope_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
)

select
    scope,
    scope_id,
    valid_from,
    valid_to,
    diamonds_per_coin,
    diamond_value,
    coin_value,
    platform_share,
    currency,
    rounding,
    batch_id,
    source_line,
    ingested_at,
    accounting_month,
    least(
        coalesce(valid_to, timestamp with time zone '9999-12-31 00:00:00+00:00'),
        coalesce(next_valid_from, timestamp with time zone '9999-12-31 00:00:00+00:00')
    ) as valid_until,
    scope || '/' || coalesce(scope_id, '') || '/' || iso_instant(valid_from) as rate_key
from latest
