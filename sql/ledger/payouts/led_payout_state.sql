-- One row is one payout with the state it has at the end of the period.
-- grain: payout_id
with ranked as (
    select
        payout_id,
        entity,
        creator_id,
        agency_id,
        status,
        requested_at,
        requested_in_opening,
        accounting_month as status_month,
        event_at as status_at,
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
        paid_at,
        row_number() over (partition by payout_id order by step desc) as latest
    from led_payout_event
)

select
    payout_id,
    entity,
    creator_id,
    agency_id,
    status,
    requested_at,
    requested_in_opening,
    status_month,
    status_at,
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
    paid_at
from ranked
where latest = 1
