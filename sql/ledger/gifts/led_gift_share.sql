-- One row is what creators and agencies earned on one day with one kind of coins, in one currency of theirs.
-- grain: class_no, day, currency, is_gift
-- A gift's share is of the kind of coins that paid it; a gift paid with several is split by coins, the parts by cumulative floor
-- in billionths, so that they sum to the gift. Reversals have negative amounts and go by the coins that came back. A
-- viewer, or a viewer's day, of one kind is summed whole; only on days that cross from one kind to another are gifts looked at,
-- those of one instant in the order of creator and coins. Unlike the liability the share counts on the day of the gift itself (its
-- rate's day), also when the gift came late. agency_amount is paid besides, from the platform's part; rounded cumulatively from
-- kind to kind, and the last kind takes what is left, so that an entity's parts of a day sum to what its agencies get for it, gift by gift.
with bounds as (
    select
        local_day(period_start, time_zone) as first_day,
        local_day(closing_instant, time_zone) as last_day
    from run
),

whole as (
    select
        coalesce(led_viewer_class.class_no, led_spent_day.class_no) as class_no,
        led_gift.sent_day,
        led_gift_term.term_no,
        sum(case when led_gift.is_live
            then coalesce(round_whole(led_gift.coins * led_gift_term.diamonds_per_coin, led_gift_term.rounding), 0)
            else led_gift.diamonds
        end) as diamonds
    from led_gift
    cross join bounds
    inner join led_gift_term
        on led_gift_term.span_no = led_gift.span_no
    inner join led_viewer_class
        on led_viewer_class.viewer_no = led_gift.viewer_no
    left join led_spent_day
        on led_spent_day.viewer_no = led_gift.viewer_no
        and led_spent_day.day = greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day)
    where led_gift.is_gift and coalesce(led_viewer_class.class_no, led_spent_day.class_no) is not null
    group by coalesce(led_viewer_class.class_no, led_spent_day.class_no), led_gift.sent_day, led_gift_term.term_no
),

crossing_days as (
    select viewer_no, day
    from led_spent_day
    where class_no is null
),

crossing_gifts as (
    select
        led_gift.viewer_no,
        led_gift.span_no,
        led_gift.gift_no,
        led_gift_term.term_no,
        led_gift.sent_at,
        led_gift.sent_day,
        crossing_days.day,
        led_gift.coins,
        case when led_gift.is_live
            then coalesce(round_whole(led_gift.coins * led_gift_term.diamonds_per_coin, led_gift_term.rounding), 0)
            else led_gift.diamonds
        end as diamonds
    from led_gift
    cross join bounds
    inner join crossing_days
        on crossing_days.viewer_no = led_gift.viewer_no
        and crossing_days.day = greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day)
    inner join led_gift_term
        on led_gift_term.span_no = led_gift.span_no
    where led_gift.is_gift and led_gift.coins > 0
),

crossing as (
    select
        term_no,
        viewer_no,
        sent_day,
        day,
        coins,
        diamonds,
        row_number() over (order by viewer_no, day, sent_at, span_no, gift_no, coins, diamonds) as gift_row,
        cast(sum(coins) over (
            partition by viewer_no, day
            order by sent_at, span_no, gift_no, coins, diamonds
            rows between unbounded preceding and current row
        ) as bigint) as upto
    from crossing_gifts
),

pieces as (
    select
        crossing.gift_row,
        crossing.term_no,
        crossing.sent_day,
        crossing.coins,
        crossing.diamonds,
        led_spent_part.class_no,
        greatest(led_spent_part.upto - led_spent_part.coins, crossing.upto - crossing.coins) - (crossing.upto - crossing.coins) as piece_from,
        least(led_spent_part.upto, crossing.upto) - (crossing.upto - crossing.coins) as piece_to
    from crossing
    inner join led_spent_part
        on led_spent_part.viewer_no = crossing.viewer_no
        and led_spent_part.day = crossing.day
        and led_spent_part.upto - led_spent_part.coins < crossing.upto
        and led_spent_part.upto > crossing.upto - crossing.coins
),

-- a gift that cost nothing took no coins: it belongs to debt, as if nobody had paid
free_gifts as (
    select
        led_lot_class.class_no,
        led_gift.sent_day,
        led_gift_term.term_no,
        case when led_gift.is_live then 0 else led_gift.diamonds end as diamonds
    from led_gift
    cross join bounds
    inner join led_viewer_class
        on led_viewer_class.viewer_no = led_gift.viewer_no
    inner join led_gift_term
        on led_gift_term.span_no = led_gift.span_no
    inner join led_viewer
        on led_viewer.viewer_no = led_gift.viewer_no
    inner join led_lot_class
        on led_lot_class.entity = led_viewer.entity
        and led_lot_class.channel = 'debt'
    left join led_spent_day
        on led_spent_day.viewer_no = led_gift.viewer_no
        and led_spent_day.day = greatest(least(led_gift.sent_day, bounds.last_day), bounds.first_day)
    where led_gift.is_gift
        and led_gift.coins = 0
        and led_viewer_class.class_no is null
        and led_spent_day.class_no is null
),

terms as (
    select distinct term_no, currency, diamond_value, agency_share
    from led_gift_term
),

amounts as (
    select whole.class_no, whole.sent_day, whole.term_no, true as is_gift, billionths(terms.diamond_value) * whole.diamonds as amount
    from whole
    inner join terms
        on terms.term_no = whole.term_no
    union all
    select
        pieces.class_no,
        pieces.sent_day,
        pieces.term_no,
        true as is_gift,
        share_of(billionths(terms.diamond_value) * pieces.diamonds, pieces.piece_to, pieces.coins)
        - share_of(billionths(terms.diamond_value) * pieces.diamonds, pieces.piece_from, pieces.coins) as amount
    from pieces
    inner join terms
        on terms.term_no = pieces.term_no
    union all
    select free_gifts.class_no, free_gifts.sent_day, free_gifts.term_no, true as is_gift, billionths(terms.diamond_value) * free_gifts.diamonds as amount
    from free_gifts
    inner join terms
        on terms.term_no = free_gifts.term_no
    union all
    select class_no, sent_day, term_no, false as is_gift, -amount as amount
    from led_reversal_share
),

summed as (
    select
        amounts.class_no,
        led_lot_class.entity,
        amounts.sent_day as day,
        terms.currency,
        amounts.is_gift,
        cast(cast(sum(amounts.amount) as decimal(38, 0)) * cast(0.000000001 as decimal(10, 9)) as decimal(38, 9)) as creator_amount,
        cast(sum(
            cast(cast(amounts.amount as decimal(38, 0)) * cast(0.000000001 as decimal(10, 9)) as decimal(28, 9))
            * cast(terms.agency_share as decimal(10, 9))
        ) as decimal(38, 18)) as agency_amount
    from amounts
    inner join terms
        on terms.term_no = amounts.term_no
    inner join led_lot_class
        on led_lot_class.class_no = amounts.class_no
    group by amounts.class_no, led_lot_class.entity, amounts.sent_day, terms.currency, amounts.is_gift
),

running as (
    select
        class_no,
        day,
        currency,
        is_gift,
        creator_amount,
        agency_amount,
        cast(sum(agency_amount) over (
            partition by entity, day, currency, is_gift
            order by class_no
            rows between unbounded preceding and current row
        ) as decimal(38, 18)) as upto,
        row_number() over (partition by entity, day, currency, is_gift order by class_no desc) as from_last,
        entity
    from summed
),

given as (
    select
        entity,
        event_day,
        currency,
        is_gift,
        cast(sum(agency_amount) as decimal(38, 9)) as agency_amount
    from led_accrual_day
    group by entity, event_day, currency, is_gift
)

select
    running.class_no,
    running.day,
    running.currency,
    running.is_gift,
    running.creator_amount,
    cast(
        case when running.from_last = 1 then coalesce(given.agency_amount, 0) else round(running.upto, 9) end
        - round(running.upto - running.agency_amount, 9) as decimal(38, 9)
    ) as agency_amount
from running
left join given
    on given.entity = running.entity
    and given.event_day = running.day
    and given.currency = running.currency
    and given.is_gift = running.is_gift
