-- One row is one movement of diamonds of the period other than a gift, with its value.
-- grain: kind, reference_id, step
-- amount is what the movement adds to the payable at the rate of its own time: diamonds x diamond_value. Of a payout,
-- gross_amount is paid and the rest, a fraction of a minor unit, is given up to rounding. effective_span_no is where it
-- counts: a late movement counts from the start of the period.
select
    movements.creator_id,
    movements.entity,
    movements.kind,
    movements.reason,
    movements.diamonds,
    movements.event_at,
    movements.reference_id,
    movements.original_id,
    movements.step,
    movements.batch_id,
    movements.source_line,
    valued.rate_key as value_rate_key,
    valued.currency as value_currency,
    valued.diamond_value,
    valued.rate_from,
    valued.rate_until,
    cast(movements.diamonds * valued.diamond_value as decimal(38, 9)) as amount,
    case movements.kind
        when 'redeemed' then cast(movements.gross_amount as decimal(38, 9))
        when 'returned' then cast(-movements.gross_amount as decimal(38, 9))
        else cast(0 as decimal(38, 9))
    end as gross_amount,
    greatest(least(movements.event_at, run.closing_instant), run.period_start) as effective_at,
    led_creator_span.span_no as effective_span_no,
    movements.event_at < run.period_start as is_prior_period
from led_diamond_movement as movements
cross join run
inner join led_rate_at as valued
    on valued.creator_id = movements.creator_id
    and valued.instant = movements.value_at
inner join led_creator_span
    on led_creator_span.creator_id = movements.creator_id
    and greatest(least(movements.event_at, run.closing_instant), run.period_start) >= led_creator_span.range_from
    and greatest(least(movements.event_at, run.closing_instant), run.period_start) < led_creator_span.range_to
where movements.accounting_month = run.period
