-- One row is what one agency got for the gifts of one creator on one day at one value and share, or what their reversals took back.
-- grain: agency_id, creator_id, entity, accounting_month, event_day, day, is_gift, diamond_value, agency_share, currency, has_terms
-- Each gift gives diamonds x diamond_value x agency_share, rounded to nine decimals half up, to the agency of its creator at that
-- instant; its reversal, which is valued at its gift's rate and terms, takes exactly that back from that agency. Value times share has nine
-- decimals in nearly all contracts: then the sum over diamonds is the sum over gifts, and only where it has more are gifts
-- looked at one by one. Days are those of led_gift_day. Earlier months are told again in one row a day and
-- creator, but of a run that is carried forward (led_agency_opening). agency_share is of the creator's share; has_terms whether terms of
-- the agency itself were in force at the gift's instant, which is null of earlier months.
with terms as (
    select
        led_creator_span.span_no,
        led_creator_span.creator_id,
        led_rate_at.agency_id,
        led_rate_at.agency_share,
        led_rate_at.currency,
        led_rate_at.diamond_value,
        has_more_decimals(led_rate_at.diamond_value, led_rate_at.agency_share) as is_fractional,
        stg_agencies.agency_id is not null as has_terms
    from led_creator_span
    inner join led_rate_at
        on led_rate_at.creator_id = led_creator_span.creator_id
        and led_rate_at.instant = led_creator_span.range_from
    left join stg_agencies
        on stg_agencies.agency_id = led_rate_at.agency_id
        and led_creator_span.range_from >= stg_agencies.valid_from
        and led_creator_span.range_from < stg_agencies.valid_until
    where led_rate_at.agency_share <> 0
),

of_days as (
    select
        led_gift_day.value_span_no,
        led_gift_day.entity_no,
        led_gift_day.event_day,
        led_gift_day.day,
        led_gift_day.is_gift,
        cast(sum(led_gift_day.gift_count) as bigint) as gift_count,
        cast(sum(led_gift_day.coins) as bigint) as coins,
        cast(sum(led_gift_day.diamonds) as bigint) as diamonds
    from led_gift_day
    inner join terms
        on terms.span_no = led_gift_day.value_span_no
    group by led_gift_day.value_span_no, led_gift_day.entity_no, led_gift_day.event_day, led_gift_day.day, led_gift_day.is_gift
),

fractional_gifts as (
    select
        led_gift.value_span_no,
        led_gift.entity_no,
        led_gift.sent_day as event_day,
        led_gift.is_gift,
        share_given(led_gift.diamonds, terms.diamond_value, terms.agency_share) as amount
    from led_gift
    inner join terms
        on terms.span_no = led_gift.value_span_no
    where terms.is_fractional and not led_gift.is_live
    union all
    select
        terms.span_no as value_span_no,
        led_entity.entity_no,
        led_quarter_day.day as event_day,
        true as is_gift,
        share_given(led_live_gift.diamonds, terms.diamond_value, terms.agency_share) as amount
    from led_live_gift
    cross join run
    inner join led_rated_span
        on led_rated_span.creator_id = led_live_gift.creator_id
        and least(led_live_gift.sent_at, run.closing_instant) >= led_rated_span.range_from
        and least(led_live_gift.sent_at, run.closing_instant) < led_rated_span.range_to
    inner join terms
        on terms.span_no = led_rated_span.span_no
    inner join led_entity
        on led_entity.entity = led_live_gift.entity
    inner join led_quarter_day
        on led_quarter_day.quarter = quarter_hour(led_live_gift.sent_at)
    where led_live_gift.accounting_month = run.period and terms.is_fractional
),

fractional_sums as (
    select
        value_span_no,
        entity_no,
        event_day,
        is_gift,
        cast(sum(amount) as decimal(38, 9)) as amount
    from fractional_gifts
    group by value_span_no, entity_no, event_day, is_gift
),

-- what earlier months gave: each gift in the range of its creator's time in which it was sent, a reversal in its gift's
earlier as (
    select
        gifts.creator_id,
        gifts.entity,
        gifts.accounting_month,
        gifts.sent_at,
        gifts.sent_at as valued_at,
        true as is_gift,
        gifts.quantity as gift_count,
        gifts.coins,
        gifts.diamonds
    from stg_gift_events as gifts
    cross join run
    where not run.carries
        and gifts.accounting_month < run.period
        and gifts.sent_at >= run.first_start
        and gifts.kind = 'gift'
        and gifts.capture is null
        and gifts.creator_id in (select creator_id from led_agency_span)
    union all
    select
        led_live_gift.creator_id, led_live_gift.entity, led_live_gift.accounting_month, led_live_gift.sent_at, led_live_gift.sent_at, true,
        led_live_gift.quantity, led_live_gift.coins, led_live_gift.diamonds
    from led_live_gift
    cross join run
    where led_live_gift.accounting_month < run.period and not run.carries
    union all
    select
        led_gift_reversal.creator_id, led_gift_reversal.entity, led_gift_reversal.accounting_month, led_gift_reversal.sent_at,
        led_gift_reversal.valued_at, false, led_gift_reversal.quantity, led_gift_reversal.coins, led_gift_reversal.diamonds
    from led_gift_reversal
    cross join run
    where not run.carries and led_gift_reversal.accounting_month < run.period and led_gift_reversal.sent_at >= run.first_start
),

earlier_days as (
    select distinct led_gift_quarter.quarter, local_day(led_gift_quarter.quarter, run.time_zone) as day
    from led_gift_quarter
    cross join run
    where led_gift_quarter.accounting_month < run.period
),

earlier_terms as (
    select
        led_agency_span.creator_id,
        led_agency_span.range_from,
        led_agency_span.range_to,
        led_rate_at.agency_id,
        led_rate_at.agency_share,
        led_rate_at.currency,
        led_rate_at.diamond_value,
        has_more_decimals(led_rate_at.diamond_value, led_rate_at.agency_share) as is_fractional
    from led_agency_span
    inner join led_rate_at
        on led_rate_at.creator_id = led_agency_span.creator_id
        and led_rate_at.instant = led_agency_span.range_from
    where led_rate_at.agency_share <> 0
),

earlier_shares as (
    select
        earlier_terms.agency_id,
        earlier.creator_id,
        earlier.entity,
        earlier.accounting_month,
        earlier_days.day as event_day,
        greatest(
            least(earlier_days.day, local_day(run_months.closing_instant, run.time_zone)), local_day(run_months.month_start, run.time_zone)
        ) as day,
        earlier.is_gift,
        earlier_terms.diamond_value,
        earlier_terms.agency_share,
        earlier_terms.currency,
        earlier.gift_count,
        earlier.coins,
        earlier.diamonds,
        earlier_terms.is_fractional,
        case when earlier_terms.is_fractional
            then share_given(earlier.diamonds, earlier_terms.diamond_value, earlier_terms.agency_share)
        end as amount
    from earlier
    cross join run
    inner join run_months
        on run_months.accounting_month = earlier.accounting_month
    inner join earlier_days
        on earlier_days.quarter = quarter_hour(earlier.sent_at)
    inner join earlier_terms
        on earlier_terms.creator_id = earlier.creator_id
        and least(earlier.valued_at, run_months.closing_instant) >= earlier_terms.range_from
        and least(earlier.valued_at, run_months.closing_instant) < earlier_terms.range_to
)

select
    terms.agency_id,
    terms.creator_id,
    led_entity.entity,
    run.period as accounting_month,
    of_days.event_day,
    of_days.day,
    of_days.is_gift,
    terms.diamond_value,
    terms.agency_share,
    terms.currency,
    cast(sum(case when of_days.is_gift then of_days.gift_count else -of_days.gift_count end) as bigint) as gift_count,
    cast(sum(case when of_days.is_gift then of_days.coins else -of_days.coins end) as bigint) as coins,
    cast(sum(case when of_days.is_gift then of_days.diamonds else -of_days.diamonds end) as bigint) as diamonds,
    cast(sum(
        case when of_days.is_gift then 1 else -1 end
        * case
            when terms.is_fractional then coalesce(fractional_sums.amount, 0)
            else share_given(of_days.diamonds, terms.diamond_value, terms.agency_share)
        end
    ) as decimal(38, 9)) as amount,
    terms.has_terms
from of_days
cross join run
inner join terms
    on terms.span_no = of_days.value_span_no
inner join led_entity
    on led_entity.entity_no = of_days.entity_no
left join fractional_sums
    on fractional_sums.value_span_no = of_days.value_span_no
    and fractional_sums.entity_no = of_days.entity_no
    and fractional_sums.event_day = of_days.event_day
    and fractional_sums.is_gift = of_days.is_gift
group by
    terms.agency_id, terms.creator_id, led_entity.entity, run.period, of_days.event_day, of_days.day, of_days.is_gift,
    terms.diamond_value, terms.agency_share, terms.currency, terms.has_terms
union all
select
    agency_id,
    creator_id,
    entity,
    accounting_month,
    event_day,
    day,
    is_gift,
    diamond_value,
    agency_share,
    currency,
    cast(sum(case when is_gift then gift_count else -gift_count end) as bigint) as gift_count,
    cast(sum(case when is_gift then coins else -coins end) as bigint) as coins,
    cast(sum(case when is_gift then diamonds else -diamonds end) as bigint) as diamonds,
    cast(
        case when is_gift then 1 else -1 end
        * case when is_fractional then sum(amount) else share_given(cast(sum(diamonds) as bigint), diamond_value, agency_share) end as decimal(38, 9)
    ) as amount,
    cast(null as boolean) as has_terms
from earlier_shares
group by
    agency_id, creator_id, entity, accounting_month, event_day, day, is_gift, diamond_value, agency_share, is_fractional, currency
