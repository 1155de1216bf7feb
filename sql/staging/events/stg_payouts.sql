-- One row is one version of one payout: its amounts and the status it came to.
-- grain: payout_id, updated_at
-- materialized: view
-- Every version is kept; led_payout_event turns changes of status into movements.
select
    payout_id,
    creator_id,
    status,
    diamonds,
    currency,
    gross_amount,
    coalesce(withholding_amount, 0) as withholding_amount,
    coalesce(fee_amount, 0) as fee_amount,
    net_amount,
    payout_currency,
    fx_rate,
    payout_amount,
    method,
    provider_reference,
    requested_at,
    paid_at,
    updated_at,
    entity,
    event_at,
    batch_id,
    source_line,
    ingested_at,
    accounting_month
from raw_payouts
