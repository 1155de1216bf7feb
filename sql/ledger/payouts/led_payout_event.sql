-- One row is one change of status of one payout: the event that moves diamonds or money.
-- grain: payout_id, step
-- Movements come from changes of status, dated in the month of the change: requested_at; paid_at, else updated_at;
-- updated_at for failed and returned. A first version that is further on than requested stands for its request too. Later
-- versions with the same status move nothing. Amounts are the first version's: an undone payout undoes what it did. is_before: the change
-- was before carat began and lies inside the opening balances; what it moved is not moved again.
with steps as (
    select
        versions.payout_id,
        cast(0 as bigint) as step,
        'requested' as status,
        cast(null as varchar) as previous_status,
        versions.requested_at as event_at,
        versions.request_month as accounting_month,
        versions.payout_currency,
        versions.fx_rate,
        versions.payout_amount,
        versions.method,
        versions.provider_reference,
        versions.paid_at,
        versions.batch_id,
        versions.source_line
    from led_payout_version as versions
    where versions.version_no = 1
    union all
    select
        payout_id,
        version_no as step,
        status,
        coalesce(previous_status, 'requested') as previous_status,
        event_at,
        accounting_month,
        payout_currency,
        fx_rate,
        payout_amount,
        method,
        provider_reference,
        paid_at,
        batch_id,
        source_line
    from led_payout_version
    cross join run
    where status <> coalesce(previous_status, 'requested') and accounting_month <= run.period
)

select
    steps.payout_id,
    steps.step,
    firsts.entity,
    firsts.creator_id,
    firsts.agency_id,
    steps.status,
    steps.previous_status,
    steps.event_at,
    steps.accounting_month,
    firsts.requested_at,
    firsts.requested_at < run.first_start as requested_in_opening,
    firsts.requested_at < run.first_start and (steps.status = 'requested' or steps.event_at < run.first_start) as is_before,
    firsts.diamonds,
    firsts.currency,
    firsts.gross_amount,
    firsts.withholding_amount,
    firsts.fee_amount,
    firsts.net_amount,
    steps.payout_currency,
    steps.fx_rate,
    steps.payout_amount,
    steps.method,
    steps.provider_reference,
    steps.paid_at,
    steps.batch_id,
    steps.source_line
from steps
inner join led_payout_version as firsts
    on firsts.payout_id = steps.payout_id
    and firsts.version_no = 1
cross join run
