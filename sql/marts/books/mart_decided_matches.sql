-- One row is one row of which a person decided, in this month, with which others it belongs together.
-- grain: exception_id, side, item_id
-- result: decided_matches
-- order: matched, match, exception_id, side, item_id
-- The run compares the rows of one match as those of one reference; what is missing then is an exception as ever. amount is what is
-- compared: + towards the platform, of creators' payouts what the creator receives. A closed month keeps its matches for ever.
-- What was decided is little beside the rows of the feeds, of which it alone is looked up.
with decided as (
    select
        run_decided_matches.match,
        run_decided_matches.exception_id,
        run_decided_matches.matched,
        run_decided_matches.side,
        run_decided_matches.item_id,
        run_decided_matches.reason,
        run_decided_matches.decided_by,
        run_decided_matches.decided_in
    from run_decided_matches
    inner join run
        on run.period = run_decided_matches.decided_in
),

wanted as (
    select distinct match, side, item_id
    from decided
),

items as (
    select
        wanted.match,
        wanted.side,
        wanted.item_id,
        purchases.entity,
        purchases.currency,
        case when purchases.kind in ('purchase', 'chargeback_reversal') then purchases.gross_amount else -purchases.gross_amount end as amount
    from wanted
    inner join stg_coin_purchases as purchases
        on purchases.purchase_id = wanted.item_id
    where wanted.match = 'purchase_settlement' and wanted.side = 'ours'
    union all
    select
        wanted.match, wanted.side, wanted.item_id, lines.entity,
        case
            when wanted.match = 'settlement_bank' or lines.customer_amount is null then lines.currency
            else coalesce(lines.customer_currency, lines.currency)
        end,
        case when wanted.match = 'settlement_bank' then -lines.net_amount else coalesce(lines.customer_amount, lines.gross_amount) end
    from wanted
    inner join stg_settlement_lines as lines
        on lines.line_id = wanted.item_id
    where (wanted.match = 'purchase_settlement' and wanted.side = 'theirs') or (wanted.match = 'settlement_bank' and wanted.side = 'ours')
    union all
    select wanted.match, wanted.side, wanted.item_id, lines.entity, lines.currency, lines.amount
    from wanted
    inner join stg_bank_lines as lines
        on lines.line_id = wanted.item_id
    where wanted.match in ('settlement_bank', 'payout_bank') and wanted.side = 'theirs'
    union all
    select
        wanted.match, wanted.side, wanted.item_id, payments.entity, payments.currency,
        case when payments.status = 'paid' then payments.amount else -payments.amount end
    from wanted
    inner join stg_provider_payments as payments
        on payments.line_id = wanted.item_id
    where wanted.match = 'payout_provider' and wanted.side = 'theirs'
    union all
    select
        wanted.match, wanted.side, wanted.item_id, payouts.entity,
        case when payouts.payout_amount is null then payouts.currency else coalesce(payouts.payout_currency, payouts.currency) end,
        coalesce(payouts.payout_amount, payouts.net_amount)
    from wanted
    inner join led_payout_version as payouts
        on payouts.payout_id = wanted.item_id
        and payouts.version_no = 1
    where wanted.match in ('payout_provider', 'payout_bank') and wanted.side = 'ours'
)

select
    run.period,
    run.run_id,
    decided.match,
    decided.exception_id,
    decided.matched,
    decided.side,
    decided.item_id,
    items.entity,
    items.currency,
    cast(items.amount as decimal(38, 6)) as amount,
    decided.reason,
    decided.decided_by,
    decided.decided_in
from decided
cross join run
left join items
    on items.match = decided.match
    and items.side = decided.side
    and items.item_id = decided.item_id
