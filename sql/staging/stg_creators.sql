-- One row is the terms of one creator from a day on, in its latest version. The person's name is kept outside the lake.
-- grain: creator_id, valid_from
-- The latest ingested version of a key wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows.
with versions as (
    select
        creator_id,
        valid_from,
        valid_to,
        country,
        region,
        tier,
        agency_id,
        coalesce(agency_share, 0) as agency_share,
        currency,
        payout_method,
        coalesce(withholding_rate, 0) as withholding_rate,
        tax_form,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        row_number() over (
            partition by creator_id, valid_from
            order by ingested_at desc, batch_id desc, source_line desc
        ) as version_rank
    from raw_creators
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
        lead(valid_from) over (
            partition by creator_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
)

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
    least(
        coalesce(valid_to, timestamp with time zone '9999-12-31 00:00:00+00:00'),
        coalesce(next_valid_from, timestamp with time zone '9999-12-31 00:00:00+00:00')
    ) as valid_until
from latest
