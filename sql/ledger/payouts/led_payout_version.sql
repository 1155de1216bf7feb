-- One row is one version of one payout beside the version before it and the first one.
-- grain: payout_id, version_no
-- Versions are in the order of updated_at, those that came after a month was closed after all that it knew: what a closed
-- month made of a payout stays. request_month is where the request is booked: its own month, or the earliest that
-- was open when carat first heard of the payout. A first version of a later month than the run's is here all the same if
-- its request is not: the request counts in the run's months, the rest of the version later. Payouts of creators and of agencies follow
-- the same rules: of creator_id and agency_id one is null, and an agency's has no diamonds. An agency's payout with the id of a creator's
-- is left out, because nobody could tell their versions apart: agency_rollforward names it.
with payees as (
    select
        payout_id, entity, creator_id, cast(null as varchar) as agency_id, status, diamonds, currency, gross_amount, withholding_amount,
        fee_amount, net_amount, payout_currency, fx_rate, payout_amount, method, provider_reference, requested_at, paid_at, updated_at,
        event_at, accounting_month, batch_id, source_line
    from stg_payouts
    union all
    select
        payout_id, entity, cast(null as varchar) as creator_id, agency_id, status, cast(0 as bigint) as diamonds, currency, gross_amount,
        withholding_amount, fee_amount, net_amount, payout_currency, fx_rate, payout_amount, method, provider_reference, requested_at,
        paid_at, updated_at, event_at, accounting_month, batch_id, source_line
    from stg_agency_payouts
    where payout_id not in (select payout_id from stg_payouts)
),

known as (
    select
        payees.payout_id,
        payees.entity,
        payees.creator_id,
        payees.agency_id,
        payees.status,
        payees.diamonds,
        payees.currency,
        payees.gross_amount,
        payees.withholding_amount,
        payees.fee_amount,
        payees.net_amount,
        payees.payout_currency,
        payees.fx_rate,
        payees.payout_amount,
        payees.method,
        payees.provider_reference,
        payees.requested_at,
        payees.paid_at,
        payees.updated_at,
        payees.event_at,
        payees.accounting_month,
        payees.batch_id,
        payees.source_line,
        row_number() over (
            partition by payees.payout_id
            order by stg_batches.known_from, payees.updated_at, payees.batch_id, payees.source_line
        ) as known_no,
        stg_batches.known_from,
        min(greatest(
            local_month(payees.requested_at, run.time_zone), coalesce(stg_batches.earliest_open, run.first_period)
        )) over (partition by payees.payout_id) as request_month
    from payees
    cross join run
    left join stg_batches
        on stg_batches.batch_id = payees.batch_id
)

select
    payout_id,
    entity,
    creator_id,
    agency_id,
    status,
    diamonds,
    currency,
    gross_amount,
    withholding_amount,
    fee_amount,
    net_amount,
    payout_currency,
    fx_rate,
    payout_amount,
    method,
    provider_reference,
    requested_at,
    paid_at,
    updated_at,
    event_at,
    accounting_month,
    least(request_month, accounting_month) as request_month,
    batch_id,
    source_line,
    row_number() over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as version_no,
    row_number() over (
        partition by payout_id, accounting_month
        order by known_from desc, updated_at desc, batch_id desc, source_line desc
    ) as latest_of_month,
    lag(status) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as previous_status,
    first_value(creator_id) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_creator_id,
    first_value(agency_id) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_agency_id,
    first_value(entity) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_entity,
    first_value(diamonds) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_diamonds,
    first_value(currency) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_currency,
    first_value(gross_amount) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_gross,
    first_value(withholding_amount) over (
        partition by payout_id order by known_from, updated_at, batch_id, source_line
    ) as first_withholding,
    first_value(fee_amount) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_fee,
    first_value(net_amount) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_net,
    first_value(requested_at) over (partition by payout_id order by known_from, updated_at, batch_id, source_line) as first_requested_at
from known
cross join run
where accounting_month <= run.period or (known_no = 1 and request_month <= run.period)
