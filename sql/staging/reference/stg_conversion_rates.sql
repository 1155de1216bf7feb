-- One row is one conversion rate of one scope, in the version that is in force.
-- grain: scope, scope_id, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
-- A closed month keeps the versions of its certificate: one that came after the lock is in force from the next month on (its
-- valid_from is then that month's start), whatever it says of the months before. So the balances of a closed month, which are
-- replayed from its rows, stay what was signed, and two gifts of one instant have one rate however late one of them came.
with versions as (
    select
        raw_conversion_rates.scope,
        raw_conversion_rates.scope_id,
        raw_conversion_rates.valid_from,
        raw_conversion_rates.valid_to,
        raw_conversion_rates.diamonds_per_coin,
        raw_conversion_rates.diamond_value,
        raw_conversion_rates.coin_value,
        raw_conversion_rates.platform_share,
        raw_conversion_rates.currency,
        raw_conversion_rates.rounding,
        raw_conversion_rates.batch_id,
        raw_conversion_rates.source_line,
        raw_conversion_rates.ingested_at,
        raw_conversion_rates.accounting_month,
        run_eras.era_start,
        run_eras.era_end,
        row_number() over (
            partition by run_eras.era_start, raw_conversion_rates.scope, raw_conversion_rates.scope_id, raw_conversion_rates.valid_from
            order by raw_conversion_rates.batch_no desc, raw_conversion_rates.source_line desc
        ) as version_rank
    from raw_conversion_rates
    cross join run_eras
    left join run_batches
        on run_batches.batch_id = raw_conversion_rates.batch_id
    where run_batches.known_from is null or run_batches.known_from <= run_eras.era_start
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
        era_start,
        era_end,
        lead(valid_from) over (
            partition by era_start, scope, scope_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
),

in_force as (
    select
        scope,
        scope_id,
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
        greatest(valid_from, era_start) as valid_from,
        least(
            coalesce(valid_to, timestamp with time zone '9999-12-31 00:00:00+00:00'),
            coalesce(next_valid_from, timestamp with time zone '9999-12-31 00:00:00+00:00'),
            era_end
        ) as valid_until
    from latest
)

select
    scope,
    scope_id,
    min(valid_from) as valid_from,
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
    max(valid_until) as valid_until,
    scope || '/' || coalesce(scope_id, '') || '/' || iso_instant(min(valid_from)) as rate_key
from in_force
where valid_from < valid_until
group by
    scope,
    scope_id,
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
    accounting_month
