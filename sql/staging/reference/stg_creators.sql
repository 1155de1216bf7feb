-- One row is the terms of one creator from a day on, in the version that is in force. The person's name is kept outside the lake.
-- grain: creator_id, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
-- A closed month keeps the versions of its certificate: one that came after the lock is in force from the next month on (its
-- valid_from is then that month's start), whatever it says of the months before. So the balances of a closed month, which are
-- replayed from its rows, stay what was signed, and a late row is judged by the terms of its time as all others were.
with versions as (
    select
        raw_creators.creator_id,
        raw_creators.valid_from,
        raw_creators.valid_to,
        raw_creators.country,
        raw_creators.region,
        raw_creators.tier,
        raw_creators.agency_id,
        coalesce(raw_creators.agency_share, 0) as agency_share,
        raw_creators.currency,
        raw_creators.payout_method,
        coalesce(raw_creators.withholding_rate, 0) as withholding_rate,
        raw_creators.tax_form,
        raw_creators.batch_id,
        raw_creators.source_line,
        raw_creators.ingested_at,
        raw_creators.accounting_month,
        run_eras.era_start,
        run_eras.era_end,
        row_number() over (
            partition by run_eras.era_start, raw_creators.creator_id, raw_creators.valid_from
            order by raw_creators.batch_no desc, raw_creators.source_line desc
        ) as version_rank
    from raw_creators
    cross join run_eras
    left join run_batches
        on run_batches.batch_id = raw_creators.batch_id
    where run_batches.known_from is null or run_batches.known_from <= run_eras.era_start
),

latest as (
    select
        creator_id,
        valid_from,
        valid_to,
        country,
        region,
        tier,
        agency_id,
        agency_share,
        currency,
        payout_method,
        withholding_rate,
        tax_form,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        era_start,
        era_end,
        lead(valid_from) over (
            partition by era_start, creator_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
),

in_force as (
    select
        creator_id,
        valid_to,
        country,
        region,
        tier,
        agency_id,
        agency_share,
        currency,
        payout_method,
        withholding_rate,
        tax_form,
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
    creator_id,
    min(valid_from) as valid_from,
    valid_to,
    country,
    region,
    tier,
    agency_id,
    agency_share,
    currency,
    payout_method,
    withholding_rate,
    tax_form,
    batch_id,
    source_line,
    ingested_at,
    accounting_month,
    max(valid_until) as valid_until
from in_force
where valid_from < valid_until
group by
    creator_id,
    valid_to,
    country,
    region,
    tier,
    agency_id,
    agency_share,
    currency,
    payout_method,
    withholding_rate,
    tax_form,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
