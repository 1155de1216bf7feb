-- One row is one span of a creator's time with the range of one rate that it lies in, and that rate's number.
-- grain: span_no
-- rate_no is 0 where no rate is in force. A range is made of whole spans, so each span lies in exactly one.
with rates as (
    select
        rate_key,
        row_number() over (order by rate_key) as rate_no
    from (select distinct rate_key from led_creator_rate where rate_key is not null) as used
)

select
    cast(spans.span_no as integer) as span_no,
    spans.creator_id,
    spans.range_from,
    spans.range_to,
    cast(ranges.range_no as integer) as range_no,
    cast(coalesce(rates.rate_no, 0) as integer) as rate_no
from led_creator_span as spans
inner join led_creator_rate as ranges
    on ranges.creator_id = spans.creator_id
    and spans.range_from >= ranges.range_from
    and spans.range_from < ranges.range_to
left join rates
    on rates.rate_key = ranges.rate_key
