-- One row is one row of which a person decided, in this month, with which others it belongs together.
-- grain: exception_id, side, item_id
-- result: decided_matches
-- order: matched, match, exception_id, side, item_id
-- The run compares the rows of one match as those of one reference; what is missing then is an exception as ever. amount is what is
-- compared: + towards the platform, of creators' payouts what the creator receives. A closed month keeps its matches for ever.
with items as (
    select
        'purchase_settlement' as match,
        'ours' as side,
        purchase_id as item_id,
        entity,
        currency,
        case when kind in ('purchase', 'chargeback_reversal') then gross_amount else -gross_amount end as amount
    from stg_coin_purchases
    union all
    select
        'purchase_settlement', 'theirs', line_id, entity,
        case when customer_amount is null then currency else coalesce(customer_currency, currency) end, coalesce(customer_amount, gross_amount)
    from stg_settlement_lines
    union all
    select 'settlement_bank', 'ours', line_id, entity, currency, -net_amount
    from stg_settlement_lines
    union all
    select 'settlement_bank', 'theirs', line_id, entity, currency, amount
    from stg_bank_lines
    union all
    select 'payout_bank', 'theirs', line_id, entity, currency, amount
    from stg_bank_lines
    union all
    select 'payout_provider', 'theirs', line_id, entity, currency, case when status = 'paid' then amount else -amount end
    from stg_provider_payments
    union all
    select
        matches.match, 'ours', payout_id, entity,
        case when payout_amount is null then currency else coalesce(payout_currency, currency) end, coalesce(payout_amount, net_amount)
    from led_payout_version
    cross join (values ('payout_provider'), ('payout_bank')) as matches (match)
    where version_no = 1
)

select
    run.period,
    run.run_id,
    run_decided_matches.match,
    run_decided_matches.exception_id,
    run_decided_matches.matched,
    run_decided_matches.side,
    run_decided_matches.item_id,
    items.entity,
    items.currency,
    cast(items.amount as decimal(38, 6)) as amount,
    run_decided_matches.reason,
    run_decided_matches.decided_by,
    run_decided_matches.decided_in
from run_decided_matches
inner join run
    on run.period = run_decided_matches.decided_in
left join items
    on items.match = run_decided_matches.match
    and items.side = run_decided_matches.side
    and items.item_id = run_decided_matches.item_id
