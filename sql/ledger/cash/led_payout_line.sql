-- One row is a row of the bank or of a provider's balance that may pay creators, or bring a payment back.
-- grain: line_kind, line_id
-- Lines of the bank, and lines of settlement reports of kind disbursement: what a provider paid out of the balance that it holds. amount
-- is signed as clearing: a debit, positive, where money left. words are what the line says, by which payouts are found in it.
select
    'bank' as line_kind,
    lines.line_id,
    lines.entity,
    lines.currency,
    cast(-lines.amount as decimal(38, 6)) as amount,
    reference_words(coalesce(lines.reference, '') || ' ' || coalesce(lines.counterparty, '')) as words,
    lines.booked_at as event_at,
    case
        when lines.accounting_month = run.period then greatest(least(lines.booked_at, run.closing_instant), run.period_start)
        else least(lines.booked_at, run.opening_instant)
    end as taken_at
from stg_bank_lines as lines
cross join run
where lines.accounting_month <= run.period
    and lines.kind not in ('opening', 'closing')
    and lines.amount <> 0
    and lines.booked_at >= run.first_start
union all
select
    'disbursement' as line_kind,
    lines.line_id,
    lines.entity,
    lines.currency,
    cast(coalesce(lines.fee_amount, 0) - lines.net_amount as decimal(38, 6)) as amount,
    reference_words(
        coalesce(lines.payout_id, '') || ' ' || coalesce(lines.store_transaction_id, '') || ' ' || coalesce(lines.bank_reference, '')
    ) as words,
    coalesce(lines.settled_at, lines.event_at) as event_at,
    case
        when lines.accounting_month = run.period or coalesce(lines.settled_at, lines.event_at) >= run.period_start
            then greatest(least(coalesce(lines.settled_at, lines.event_at), run.closing_instant), run.period_start)
        else least(coalesce(lines.settled_at, lines.event_at), run.opening_instant)
    end as taken_at
from led_line_apart as lines
cross join run
where lines.kind = 'disbursement'
    and coalesce(lines.settled_at, lines.event_at) >= run.first_start
    and coalesce(lines.settled_at, lines.event_at) < run.period_end
