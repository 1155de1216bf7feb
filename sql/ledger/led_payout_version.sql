-- One row is one version of one payout beside the version before it and the first one.
-- grain: payout_id, version_no
-- Versions are in the order of updated_at.
select
    payout_id,
    entity,
    creator_id,
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
    batch_id,
    source_line,
    row_number() over (partition by payout_id order by updated_at, batch_id, source_line) as version_no,
    row_number() over (
        partition by payout_id, accounting_month
        order by updated_at desc, batch_id desc, source_line desc
    ) as latest_of_month,
    lag(status) over (partition by payout_id order by updated_at, batch_id, source_line) as previous_status,
    first_value(creator_id) over (partition by payout_id order by updated_at, batch_id, source_line) as first_creator_id,
    first_value(entity) over (partition by payout_id order by updated_at, batch_id, source_line) as first_entity,
    first_value(diamonds) over (partition by payout_id order by updated_at, batch_id, source_line) as first_diamonds,
    first_value(currency) over (partition by payout_id order by updated_at, batch_id, source_line) as first_currency,
    first_value(gross_amount) over (partition by payout_id order by updated_at, batch_id, source_line) as first_gross,
    first_value(withholding_amount) over (
        partition by payout_id order by updated_at, batch_id, source_line
    ) as first_withholding,
    first_value(fee_amount) over (partition by payout_id order by updated_at, batch_id, source_line) as first_fee,
    first_value(net_amount) over (partition by payout_id order by updated_at, batch_id, source_line) as first_net,
    first_value(requested_at) over (partition by payout_id order by updated_at, batch_id, source_line) as first_requested_at
from stg_payouts
cross join run
where accounting_month <= run.period
