-- One row is a payout whose amounts don't follow from its diamonds, or whose status changed as it can't.
-- grain: payout_id, reason
-- control: payout_arithmetic
-- severity: block
-- unit: currency
-- reasons: net, no_rate, currency, gross, payout_amount, status, terms
-- guards: money paid that was not earned; a fee or tax taken that is not shown; a payout paid twice by a status slip
-- question: Does every payout follow from its diamonds, and does its status only move forward?
-- causes: a rate of another day; rounding up where it goes down; a fee taken twice; a status written over
-- action: recompute the payout by the rate that is named, stop it if it isn't paid, else settle the difference with the next one
-- checked: from (
--         select versions.payout_id
--         from led_payout_version as versions
--         cross join run
--         where versions.accounting_month = run.period
--             and versions.payout_id not in (select subject_id from ctl_payout_arithmetic)
--         union all
--         select subject_id
--         from ctl_payout_arithmetic
--     ) as judged
-- not_compared: from led_payout_version
--     cross join run
--     where accounting_month = run.period
--         and creator_id is not null
--         and exists (select 1 from led_empty_feed where feed = 'conversion_rates')
-- not_compared_reason: no conversion rate was ever fed
-- gross = floor(diamonds x diamond_value at requested_at) in minor units; gross = net + withholding + fee; payout_amount =
-- half_up(net x fx_rate). A payout goes from requested to paid, failed or returned, and from paid to failed or returned; its
-- terms never change. Amounts are judged on the latest version of the month. What an agency is paid has no diamonds: its gross is a whole
-- number of minor units.
with judged as (
    select
        latest.payout_id,
        latest.entity,
        latest.agency_id is not null as is_agency,
        latest.diamonds,
        latest.currency,
        latest.gross_amount,
        latest.withholding_amount,
        latest.fee_amount,
        latest.net_amount,
        latest.payout_currency,
        latest.fx_rate,
        latest.payout_amount,
        latest.batch_id,
        latest.source_line,
        rates.rate_key,
        rates.diamond_value,
        rates.currency as rate_currency,
        latest.requested_at >= run.first_start as is_own_request,
        case
            when latest.agency_id is not null then floor_minor(latest.gross_amount, coalesce(own.minor_digits, 2))
            when rates.rate_key is not null
                then floor_minor(latest.diamonds * rates.diamond_value, coalesce(own.minor_digits, 2))
        end as expected_gross,
        latest.gross_amount - latest.withholding_amount - latest.fee_amount as expected_net,
        half_up_minor(
            cast(cast(latest.net_amount as decimal(38, 6)) * latest.fx_rate as decimal(38, 15)),
            coalesce(other.minor_digits, 2)
        ) as expected_payout_amount
    from led_payout_version as latest
    cross join run
    left join led_rate_at as rates
        on rates.creator_id = latest.creator_id
        and rates.instant = latest.requested_at
    left join run_currencies as own
        on own.currency = latest.currency
    left join run_currencies as other
        on other.currency = latest.payout_currency
    where latest.accounting_month = run.period and latest.latest_of_month = 1
),

illegal_changes as (
    select
        versions.payout_id,
        versions.entity,
        versions.previous_status,
        versions.status,
        versions.batch_id,
        versions.source_line,
        row_number() over (partition by versions.payout_id order by versions.version_no) as change_no
    from led_payout_version as versions
    cross join run
    where versions.accounting_month = run.period
        and versions.previous_status is not null
        and versions.status <> versions.previous_status
        and not (versions.previous_status = 'requested' and versions.status in ('paid', 'failed', 'returned'))
        and not (versions.previous_status = 'paid' and versions.status in ('failed', 'returned'))
),

changed_terms as (
    select
        versions.payout_id,
        versions.entity,
        versions.first_agency_id is not null as is_agency,
        versions.batch_id,
        versions.source_line,
        row_number() over (partition by versions.payout_id order by versions.version_no) as change_no
    from led_payout_version as versions
    cross join run
    where versions.accounting_month = run.period
        and (
            versions.diamonds <> versions.first_diamonds
            or versions.creator_id is distinct from versions.first_creator_id
            or versions.agency_id is distinct from versions.first_agency_id
            or versions.entity <> versions.first_entity
            or versions.currency <> versions.first_currency
            or versions.gross_amount <> versions.first_gross
            or versions.withholding_amount <> versions.first_withholding
            or versions.fee_amount <> versions.first_fee
            or versions.net_amount <> versions.first_net
            or versions.requested_at <> versions.first_requested_at
        )
),

findings as (
    select
        entity,
        payout_id,
        cast(expected_net as decimal(38, 9)) as expected,
        cast(net_amount as decimal(38, 9)) as actual,
        currency as unit,
        'net' as reason,
        'Gross ' || plain(gross_amount) || ' less withholding ' || plain(withholding_amount) || ' and fee '
            || plain(fee_amount) || ' is ' || plain(expected_net) || ' ' || currency || '; net says ' || plain(net_amount)
            || ' ' || currency || '.' as detail,
        batch_id,
        source_line
    from judged
    where net_amount <> expected_net
    union all
    select
        entity,
        payout_id,
        cast(coalesce(expected_gross, 0) as decimal(38, 9)) as expected,
        cast(gross_amount as decimal(38, 9)) as actual,
        currency as unit,
        case
            when rate_key is null then 'no_rate'
            when currency <> rate_currency then 'currency'
            else 'gross'
        end as reason,
        case
            when rate_key is null
                then 'No conversion rate was in force at the request: ' || counted(diamonds, 'diamond') || ' ' || are(diamonds) || ' worth nothing, gross says '
                    || plain(gross_amount) || ' ' || currency || '.'
            else counted(diamonds, 'diamond') || ' x ' || plain(diamond_value) || ' ' || rate_currency || ' at the request is '
                || plain(expected_gross) || ' ' || rate_currency || ', rounded down; gross says ' || plain(gross_amount) || ' ' || currency || '.'
        end as detail,
        batch_id,
        source_line
    from judged
    where is_own_request
        and not is_agency
        and (rate_key is null or gross_amount <> expected_gross or currency <> rate_currency)
        and (rate_key is not null or not exists (select 1 from led_empty_feed where feed = 'conversion_rates'))
    union all
    select
        entity,
        payout_id,
        cast(expected_gross as decimal(38, 9)) as expected,
        cast(gross_amount as decimal(38, 9)) as actual,
        currency as unit,
        'gross' as reason,
        'Gross of an agency''s payout is ' || plain(gross_amount) || ' ' || currency || ', which is no whole number of the currency''s smallest unit: '
            || 'rounded down it is ' || plain(expected_gross) || ' ' || currency || '.' as detail,
        batch_id,
        source_line
    from judged
    where is_own_request and is_agency and gross_amount <> expected_gross
    union all
    select
        entity,
        payout_id,
        cast(expected_payout_amount as decimal(38, 9)) as expected,
        cast(payout_amount as decimal(38, 9)) as actual,
        payout_currency as unit,
        'payout_amount' as reason,
        'Net ' || plain(net_amount) || ' ' || currency || ' x ' || plain(fx_rate) || ' is ' || plain(expected_payout_amount)
            || ' ' || payout_currency || '; the payout says ' || plain(payout_amount) || ' ' || payout_currency || '.' as detail,
        batch_id,
        source_line
    from judged
    where payout_amount <> expected_payout_amount
    union all
    select
        entity,
        payout_id,
        cast(0 as decimal(38, 9)) as expected,
        cast(1 as decimal(38, 9)) as actual,
        'changes' as unit,
        'status' as reason,
        'The payout went from ' || previous_status || ' to ' || status || ', which a payout can''t.' as detail,
        batch_id,
        source_line
    from illegal_changes
    where change_no = 1
    union all
    select
        entity,
        payout_id,
        cast(0 as decimal(38, 9)) as expected,
        cast(1 as decimal(38, 9)) as actual,
        'versions' as unit,
        'terms' as reason,
        'A later version of the payout has another '
            || case when is_agency then 'agency, entity, time of request' else 'creator, entity, time of request, number of diamonds' end
            || ', currency or amount than the first.' as detail,
        batch_id,
        source_line
    from changed_terms
    where change_no = 1
)

select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    expected,
    actual,
    actual - expected as difference,
    unit,
    reason,
    detail,
    batch_id,
    source_line
from findings
order by payout_id, reason
