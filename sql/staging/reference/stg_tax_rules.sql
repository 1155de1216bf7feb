-- One row is how sales of one channel into one country are taxed, in the version that is in force.
-- grain: country, channel, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows. A fee is taken of the gross where the
-- rule doesn't say, and isn't given back. A closed month keeps the versions of its certificate, as of stg_conversion_rates.
with versions as (
    select
        raw_tax_rules.country,
        raw_tax_rules.channel,
        raw_tax_rules.valid_from,
        raw_tax_rules.valid_to,
        raw_tax_rules.rate,
        raw_tax_rules.treatment,
        raw_tax_rules.remitter,
        coalesce(raw_tax_rules.fee_base, 'gross') as fee_base,
        coalesce(raw_tax_rules.fee_returned, 'false') = 'true' as fee_returned,
        raw_tax_rules.batch_id,
        raw_tax_rules.source_line,
        raw_tax_rules.ingested_at,
        raw_tax_rules.accounting_month,
        run_eras.era_start,
        run_eras.era_end,
        row_number() over (
            partition by run_eras.era_start, raw_tax_rules.country, raw_tax_rules.channel, raw_tax_rules.valid_from
            order by raw_tax_rules.batch_no desc, raw_tax_rules.source_line desc
        ) as version_rank
    from raw_tax_rules
    cross join run_eras
    left join run_batches
        on run_batches.batch_id = raw_tax_rules.batch_id
    where run_batches.known_from is null or run_batches.known_from <= run_eras.era_start
),

latest as (
    select
        country,
        channel,
        valid_from,
        valid_to,
        rate,
        treatment,
        remitter,
        fee_base,
        fee_returned,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        era_start,
        era_end,
        lead(valid_from) over (
            partition by era_start, country, channel
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
),

in_force as (
    select
        country,
        channel,
        valid_to,
        rate,
        treatment,
        remitter,
        fee_base,
        fee_returned,
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
    country,
    channel,
    min(valid_from) as valid_from,
    valid_to,
    rate,
    treatment,
    remitter,
    fee_base,
    fee_returned,
    batch_id,
    source_line,
    ingested_at,
    accounting_month,
    max(valid_until) as valid_until
from in_force
where valid_from < valid_until
group by
    country,
    channel,
    valid_to,
    rate,
    treatment,
    remitter,
    fee_base,
    fee_returned,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
