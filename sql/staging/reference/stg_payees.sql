-- One row is a payee of a tax return, in the version that is in force.
-- grain: payee_id, valid_from
-- The version of the latest batch wins. A row is in force from valid_from until before valid_until: its own
-- valid_to or the next valid_from, whichever comes first, so that no instant has two rows. Who they are
-- isn't here; given names which of it is known. A closed month keeps the versions of its certificate, as of stg_conversion_rates.
with versions as (
    select
        raw_payees.payee_id,
        raw_payees.valid_from,
        raw_payees.valid_to,
        raw_payees.entity_type,
        raw_payees.residence,
        coalesce(raw_payees.given, '') as given,
        raw_payees.batch_id,
        raw_payees.source_line,
        raw_payees.ingested_at,
        raw_payees.accounting_month,
        run_eras.era_start,
        run_eras.era_end,
        row_number() over (
            partition by run_eras.era_start, raw_payees.payee_id, raw_payees.valid_from
            order by raw_payees.batch_no desc, raw_payees.source_line desc
        ) as version_rank
    from raw_payees
    cross join run_eras
    left join run_batches
        on run_batches.batch_id = raw_payees.batch_id
    where run_batches.known_from is null or run_batches.known_from <= run_eras.era_start
),

latest as (
    select
        payee_id,
        valid_from,
        valid_to,
        entity_type,
        residence,
        given,
        batch_id,
        source_line,
        ingested_at,
        accounting_month,
        era_start,
        era_end,
        lead(valid_from) over (
            partition by era_start, payee_id
            order by valid_from
        ) as next_valid_from
    from versions
    where version_rank = 1
),

in_force as (
    select
        payee_id,
        valid_to,
        entity_type,
        residence,
        given,
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
    payee_id,
    min(valid_from) as valid_from,
    valid_to,
    entity_type,
    residence,
    given,
    batch_id,
    source_line,
    ingested_at,
    accounting_month,
    max(valid_until) as valid_until
from in_force
where valid_from < valid_until
group by
    payee_id,
    valid_to,
    entity_type,
    residence,
    given,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
