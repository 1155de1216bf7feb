-- One row is one creator's diamonds over one span: what came and went, and the balance when the span ends.
-- grain: creator_id, entity, span_no
-- Spans before the period's start hold late gifts only; these count from the start of the period.
with span_movements as (
    select
        span_no,
        entity,
        cast(sum(case kind when 'gift' then diamonds else -diamonds end) as bigint) as gift_diamonds,
        cast(0 as bigint) as other_diamonds
    from led_gift_credit
    group by span_no, entity
    union all
    select
        effective_span_no as span_no,
        entity,
        cast(0 as bigint) as gift_diamonds,
        cast(sum(diamonds) as bigint) as other_diamonds
    from led_diamond_valued
    group by effective_span_no, entity
),

span_sums as (
    select
        span_no,
        entity,
        cast(sum(gift_diamonds) as bigint) as gift_diamonds,
        cast(sum(other_diamonds) as bigint) as other_diamonds
    from span_movements
    group by span_no, entity
),

spans as (
    select
        led_creator_span.span_no,
        led_creator_span.creator_id,
        led_creator_subject.entity,
        led_creator_span.range_from,
        led_creator_span.range_to,
        coalesce(led_creator_opening.diamonds, 0) as opening_diamonds,
        coalesce(span_sums.gift_diamonds, 0) as gift_diamonds,
        coalesce(span_sums.other_diamonds, 0) as other_diamonds
    from led_creator_span
    inner join led_creator_subject
        on led_creator_subject.creator_id = led_creator_span.creator_id
    left join led_creator_opening
        on led_creator_opening.creator_id = led_creator_span.creator_id
        and led_creator_opening.entity = led_creator_subject.entity
    left join span_sums
        on span_sums.span_no = led_creator_span.span_no
        and span_sums.entity = led_creator_subject.entity
)

select
    spans.span_no,
    spans.creator_id,
    spans.entity,
    spans.range_from,
    spans.range_to,
    spans.opening_diamonds,
    spans.gift_diamonds,
    spans.other_diamonds,
    spans.opening_diamonds + cast(sum(spans.gift_diamonds + spans.other_diamonds) over (
        partition by spans.creator_id, spans.entity
        order by spans.range_from
        rows between unbounded preceding and current row
    ) as bigint) as balance_diamonds,
    led_rate_at.currency,
    -- before the first rate of all, what carat began with stands at the first rate in force; a later month opens with what the
    -- one before closed with
    coalesce(
        case when led_rate_at.rate_key is not null then led_rate_at.diamond_value end,
        case when spans.range_to <= run.period_start and run.period = run.first_period then at_start.diamond_value end,
        0
    ) as diamond_value,
    case
        when led_rate_at.rate_key is null and spans.range_to <= run.period_start and run.period = run.first_period
            then at_start.currency
        else led_rate_at.currency
    end as value_currency
from spans
cross join run
inner join led_rate_at
    on led_rate_at.creator_id = spans.creator_id
    and led_rate_at.instant = spans.range_from
inner join led_rate_at as at_start
    on at_start.creator_id = spans.creator_id
    and at_start.instant = run.period_start
