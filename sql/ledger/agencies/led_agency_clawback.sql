-- One row is one creator's clawback with what it takes back from the agency that the gift gave to.
-- grain: adjustment_id
-- Taken is what the gift gave x diamonds clawed / its diamonds, by cumulative floor over the clawbacks of one gift, never
-- more than it gave: so clawbacks of all its diamonds take exactly that. is_gift tells those that name a gift of the creator; others
-- take nothing. A gift of a creator without an agency gave none.
with clawbacks as (
    select
        stg_diamond_adjustments.adjustment_id,
        stg_diamond_adjustments.creator_id,
        stg_diamond_adjustments.entity,
        -stg_diamond_adjustments.diamonds as clawed,
        stg_diamond_adjustments.reference_id,
        stg_diamond_adjustments.adjusted_at,
        stg_diamond_adjustments.accounting_month,
        stg_diamond_adjustments.batch_id,
        stg_diamond_adjustments.source_line
    from stg_diamond_adjustments
    cross join run
    where stg_diamond_adjustments.reason = 'clawback'
        and stg_diamond_adjustments.accounting_month <= run.period
        and stg_diamond_adjustments.adjusted_at >= run.first_start
),

gifts as (
    select
        led_clawed_gift.creator_id,
        led_clawed_gift.event_id,
        led_clawed_gift.coins,
        led_rate_at.agency_id,
        led_rate_at.agency_share,
        led_rate_at.diamond_value,
        led_rate_at.currency,
        case
            when led_clawed_gift.capture is null then led_clawed_gift.diamonds
            else coalesce(round_whole(led_clawed_gift.coins * led_rate_at.diamonds_per_coin, led_rate_at.rounding), 0)
        end as diamonds
    from led_clawed_gift
    inner join led_rate_at
        on led_rate_at.creator_id = led_clawed_gift.creator_id
        and led_rate_at.instant = led_clawed_gift.sent_at
),

running as (
    select
        clawbacks.adjustment_id,
        clawbacks.creator_id,
        clawbacks.entity,
        clawbacks.clawed,
        clawbacks.reference_id,
        clawbacks.adjusted_at,
        clawbacks.accounting_month,
        clawbacks.batch_id,
        clawbacks.source_line,
        gifts.event_id,
        gifts.agency_id,
        gifts.agency_share,
        gifts.currency,
        gifts.diamonds,
        share_given(gifts.diamonds, gifts.diamond_value, gifts.agency_share) as given,
        cast(sum(clawbacks.clawed) over (
            partition by clawbacks.creator_id, clawbacks.reference_id
            order by clawbacks.accounting_month, clawbacks.adjusted_at, clawbacks.adjustment_id
            rows between unbounded preceding and current row
        ) as bigint) as upto
    from clawbacks
    left join gifts
        on gifts.creator_id = clawbacks.creator_id
        and gifts.event_id = clawbacks.reference_id
)

select
    adjustment_id,
    creator_id,
    entity,
    clawed,
    reference_id,
    adjusted_at,
    accounting_month,
    event_id is not null as is_gift,
    case when agency_share <> 0 then agency_id end as agency_id,
    currency,
    cast(given as decimal(38, 9)) as given,
    diamonds as gift_diamonds,
    case
        when agency_share <> 0 and diamonds > 0
            then cast(
                (
                    share_of(billionths(given), greatest(0, least(upto, diamonds)), diamonds)
                    - share_of(billionths(given), greatest(0, least(upto - clawed, diamonds)), diamonds)
                ) * cast(0.000000001 as decimal(10, 9)) as decimal(38, 9)
            )
        else cast(0 as decimal(38, 9))
    end as amount,
    batch_id,
    source_line
from running
