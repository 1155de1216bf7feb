-- One row is one gift of the month, or the reversal of one, in numbers: whose coins, which creator's span, range and rate.
-- grain: one row of gift_events
-- Every sum over the month's gifts reads this table, so the history is read and names are compared once. Each gift lies in
-- exactly one span of its creator; an instant after the month (cutoff reports it) counts at its end, so that nothing is
-- lost. Reversals have positive coins; is_gift gives the direction. A reversal counts in the span of its own time, and its value_span_no,
-- range and rate are those of the gift that it undoes. is_live marks gifts from a live recorder: they carry no
-- diamonds, led_live_gift has what they are credited. sent_day is the gift's own day in the configured zone.
with month as (
    select
        gifts.viewer_id,
        gifts.entity,
        gifts.creator_id,
        gifts.gift_id,
        gifts.kind,
        gifts.capture,
        gifts.sent_at,
        least(gifts.sent_at, run.closing_instant) as rated_at,
        cast(null as integer) as reversal_span_no,
        gifts.quantity,
        gifts.coins,
        gifts.diamonds
    from stg_gift_events as gifts
    cross join run
    -- asked by `in`, the engine knows that these are many and doesn't build its hash tables on them
    where gifts.accounting_month in (select period from run) and gifts.sent_at >= run.first_start and gifts.kind = 'gift'
    union all
    select
        led_gift_reversal.viewer_id,
        led_gift_reversal.entity,
        led_gift_reversal.creator_id,
        led_gift_reversal.gift_id,
        'reversal' as kind,
        cast(null as varchar) as capture,
        led_gift_reversal.sent_at,
        least(led_gift_reversal.valued_at, run.closing_instant) as rated_at,
        counted.span_no as reversal_span_no,
        led_gift_reversal.quantity,
        led_gift_reversal.coins,
        led_gift_reversal.diamonds
    from led_gift_reversal
    cross join run
    inner join led_rated_span as counted
        on counted.creator_id = led_gift_reversal.creator_id
        and least(led_gift_reversal.sent_at, run.closing_instant) >= counted.range_from
        and least(led_gift_reversal.sent_at, run.closing_instant) < counted.range_to
    where led_gift_reversal.accounting_month = run.period and led_gift_reversal.sent_at >= run.first_start
)

select
    led_viewer.viewer_no,
    led_viewer.entity_no,
    coalesce(month.reversal_span_no, led_rated_span.span_no) as span_no,
    led_rated_span.span_no as value_span_no,
    led_rated_span.range_no,
    led_rated_span.rate_no,
    led_gift_kind.gift_no,
    month.kind = 'gift' as is_gift,
    month.kind = 'gift' and month.capture is not null as is_live,
    month.sent_at,
    led_quarter_day.day as sent_day,
    month.quantity,
    month.coins,
    month.diamonds
from month
inner join led_viewer
    on led_viewer.viewer_id = month.viewer_id
    and led_viewer.entity = month.entity
inner join led_rated_span
    on led_rated_span.creator_id = month.creator_id
    and month.rated_at >= led_rated_span.range_from
    and month.rated_at < led_rated_span.range_to
inner join led_gift_kind
    on led_gift_kind.gift_id = month.gift_id
inner join led_quarter_day
    on led_quarter_day.quarter = quarter_hour(month.sent_at)
