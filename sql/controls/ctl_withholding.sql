-- One row is a payout from which another tax was withheld than the creator's rate says.
-- grain: payout_id, reason
-- control: withholding
-- severity: block
-- unit: currency
-- reasons: withheld, no_creator
-- guards: tax that we owe and did not keep; tax taken from a creator without cause; money to someone with no terms on file
-- question: Was the right tax withheld from every payout?
-- causes: a tax form that was filed or ran out in the meantime; a rate entered after the request; a creator id that doesn't exist
-- action: settle the difference with the creator's next payout, or correct the terms if they are wrong, before the tax is reported
-- checked: from (
--         select payout_id
--         from led_payout_version
--         cross join run
--         where accounting_month = run.period
--             and version_no = 1
--             and (agency_id is not null or not exists (select 1 from led_empty_feed where feed = 'creators'))
--         union all
--         select subject_id
--         from ctl_withholding
--         group by subject_id
--         having count(*) > 1
--     ) as judged
-- not_compared: from led_payout_version
--     cross join run
--     where accounting_month = run.period
--         and version_no = 1
--         and agency_id is null
--         and exists (select 1 from led_empty_feed where feed = 'creators')
-- not_compared_reason: no creator was ever fed
-- Withheld = half_up(gross x withholding_rate at requested_at) in minor units; no rate on file is none. Gross is taken as
-- recorded. The first version is judged, in its month: later ones may not change it (payout_arithmetic). A creator without
-- terms in force at the request is named: nobody can say what tax is due. From an agency without terms nothing is withheld.
with judged as (
    select
        first_versions.payout_id,
        first_versions.entity,
        first_versions.creator_id,
        first_versions.agency_id,
        first_versions.currency,
        first_versions.gross_amount,
        first_versions.withholding_amount,
        first_versions.requested_at,
        first_versions.batch_id,
        first_versions.source_line,
        -- an agency needs no terms: without them nothing is withheld
        terms.creator_id is not null or first_versions.agency_id is not null as has_terms,
        agencies.agency_id is not null as is_agency_on_file,
        coalesce(terms.withholding_rate, agencies.withholding_rate, 0) as withholding_rate,
        half_up_minor(
            cast(cast(first_versions.gross_amount as decimal(38, 6)) * coalesce(terms.withholding_rate, agencies.withholding_rate, 0) as decimal(38, 15)),
            coalesce(run_currencies.minor_digits, 2)
        ) as expected_amount
    from led_payout_version as first_versions
    cross join run
    left join stg_creators as terms
        on terms.creator_id = first_versions.creator_id
        and first_versions.requested_at >= terms.valid_from
        and first_versions.requested_at < terms.valid_until
    left join stg_agencies as agencies
        on agencies.agency_id = first_versions.agency_id
        and first_versions.requested_at >= agencies.valid_from
        and first_versions.requested_at < agencies.valid_until
    left join run_currencies
        on run_currencies.currency = first_versions.currency
    where first_versions.accounting_month = run.period
        and first_versions.version_no = 1
        and first_versions.requested_at >= run.first_start
)

select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    cast(expected_amount as decimal(38, 9)) as expected,
    cast(withholding_amount as decimal(38, 9)) as actual,
    cast(withholding_amount - expected_amount as decimal(38, 9)) as difference,
    currency as unit,
    'withheld' as reason,
    'Gross ' || plain(gross_amount) || ' ' || currency || ' x ' || plain(withholding_rate) || ', the rate of ' || coalesce(creator_id, agency_id)
        || case when agency_id is not null and not is_agency_on_file then ' (an agency without terms on file)' else '' end || ' at the request, is ' || plain(expected_amount) || ' ' || currency || '; ' || plain(withholding_amount) || ' ' || currency
        || ' was withheld.' as detail,
    batch_id,
    source_line
from judged
where has_terms and withholding_amount <> expected_amount
union all
select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    cast(1 as decimal(38, 9)) as expected,
    cast(0 as decimal(38, 9)) as actual,
    cast(-1 as decimal(38, 9)) as difference,
    'terms' as unit,
    'no_creator' as reason,
    'Creator ' || creator_id || ' had no terms on ' || iso_instant(requested_at) || ' and may not exist; ' || plain(gross_amount)
        || ' ' || currency || ' was requested and ' || plain(withholding_amount) || ' withheld.' as detail,
    batch_id,
    source_line
from judged
where not has_terms and not exists (select 1 from led_empty_feed where feed = 'creators')
order by subject_id, reason
