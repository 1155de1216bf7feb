-- One row is one open settlement payout or receipt that is part of a sum, or is one, with the sentence that says so.
-- grain: subject_kind, subject_id
-- A bank may pay several payouts in one receipt, or one payout in several. Nothing is confirmed: of several sums that fit all are
-- told, up to three. Looked for are two to four of the sixteen items nearest in time, and five to thirty-one that follow one
-- another, of one channel or account or of all; among the first 2,000 open items of a side, entity and currency, so that the
-- work grows with what is open and no further. A receipt can be part of a payout from three days before it until it is due.
with candidates as (
    select
        opens.side,
        opens.entity,
        opens.currency,
        coalesce(opens.channel, opens.party, '') as lane,
        opens.subject_kind,
        opens.item_id,
        opens.amount,
        opens.event_at,
        opens.due_at,
        opens.attribute_day,
        row_number() over (partition by opens.side, opens.entity, opens.currency order by opens.event_at, opens.item_id) as place
    from led_match_open as opens
    left join led_match_attribute as attributed
        on attributed.match = opens.match
        and attributed.side = opens.side
        and attributed.subject_kind = opens.subject_kind
        and attributed.item_id = opens.item_id
    where opens.match = 'settlement_bank'
        and opens.rule = 'attribute'
        and opens.amount <> 0
        and not opens.is_before
        and attributed.item_id is null
),

items as (
    select side, entity, currency, lane, subject_kind, item_id, amount, event_at, due_at, attribute_day
    from candidates
    where place <= 2000
),

-- every item that may be part of another, the nearest first
parts as (
    select
        wholes.side,
        wholes.item_id as whole_id,
        wholes.amount as whole_amount,
        items.item_id,
        items.amount,
        row_number() over (
            partition by wholes.side, wholes.item_id
            order by abs(instant_number(items.event_at) - instant_number(wholes.event_at)), items.item_id
        ) as nearness,
        row_number() over (partition by wholes.side, wholes.item_id order by items.event_at, items.item_id) as place
    from items as wholes
    inner join items
        on items.entity = wholes.entity
        and items.currency = wholes.currency
        and items.side <> wholes.side
        and (items.amount > 0) = (wholes.amount > 0)
        and items.amount <> 0
        and wholes.amount <> 0
        and abs(items.amount) < abs(wholes.amount)
    where case when wholes.side = 'theirs' then wholes.event_at else items.event_at end
        >= days_before(case when wholes.side = 'theirs' then items.event_at else wholes.event_at end, 3)
        and case when wholes.side = 'theirs' then wholes.event_at else items.event_at end
        <= case when wholes.side = 'theirs' then items.due_at else wholes.due_at end
),

near_parts as (
    select side, whole_id, whole_amount, item_id, amount, place
    from parts
    where nearness <= 16
),

two as (
    select
        one.side,
        one.whole_id,
        one.whole_amount,
        one.item_id as first_id,
        other.item_id as second_id,
        other.place,
        one.amount + other.amount as amount
    from near_parts as one
    inner join near_parts as other
        on other.side = one.side
        and other.whole_id = one.whole_id
        and other.place > one.place
        and abs(one.amount + other.amount) <= abs(one.whole_amount)
),

three as (
    select
        two.side,
        two.whole_id,
        two.whole_amount,
        two.first_id,
        two.second_id,
        other.item_id as third_id,
        other.place,
        two.amount + other.amount as amount
    from two
    inner join near_parts as other
        on other.side = two.side
        and other.whole_id = two.whole_id
        and other.place > two.place
        and abs(two.amount + other.amount) <= abs(two.whole_amount)
),

four as (
    select
        three.side,
        three.whole_id,
        three.first_id,
        three.second_id,
        three.third_id,
        other.item_id as fourth_id
    from three
    inner join near_parts as other
        on other.side = three.side
        and other.whole_id = three.whole_id
        and other.place > three.place
        and three.amount + other.amount = three.whole_amount
),

-- items that follow one another: of one lane, and of all
ranked as (
    select
        side,
        entity,
        currency,
        lane,
        item_id,
        event_at,
        row_number() over (partition by side, entity, currency, lane order by event_at, item_id) as place,
        sum(amount) over (partition by side, entity, currency, lane order by event_at, item_id rows unbounded preceding) as amount_so_far,
        amount
    from items
    union all
    select
        side,
        entity,
        currency,
        '*' as lane,
        item_id,
        event_at,
        row_number() over (partition by side, entity, currency order by event_at, item_id) as place,
        sum(amount) over (partition by side, entity, currency order by event_at, item_id rows unbounded preceding) as amount_so_far,
        amount
    from items
),

runs as (
    select
        firsts.side,
        firsts.entity,
        firsts.currency,
        firsts.item_id as first_id,
        lasts.item_id as last_id,
        lasts.place - firsts.place + 1 as members,
        min(firsts.lane) as lane,
        max(lasts.amount_so_far - firsts.amount_so_far + firsts.amount) as amount
    from ranked as firsts
    inner join ranked as lasts
        on lasts.side = firsts.side
        and lasts.entity = firsts.entity
        and lasts.currency = firsts.currency
        and lasts.lane = firsts.lane
        and lasts.place between firsts.place + 4 and firsts.place + 30
    group by firsts.side, firsts.entity, firsts.currency, firsts.item_id, lasts.item_id, lasts.place - firsts.place + 1
),

long_sums as (
    select
        wholes.side,
        wholes.item_id as whole_id,
        runs.side as part_side,
        runs.entity,
        runs.currency,
        runs.lane,
        runs.first_id,
        runs.last_id,
        runs.members
    from runs
    inner join items as wholes
        on wholes.entity = runs.entity
        and wholes.currency = runs.currency
        and wholes.side <> runs.side
        and wholes.amount = runs.amount
    inner join parts as first_parts
        on first_parts.side = wholes.side
        and first_parts.whole_id = wholes.item_id
        and first_parts.item_id = runs.first_id
    inner join parts as last_parts
        on last_parts.side = wholes.side
        and last_parts.whole_id = wholes.item_id
        and last_parts.item_id = runs.last_id
),

sums as (
    select side, whole_id, 2 as members, first_id, second_id, cast(null as varchar) as third_id, cast(null as varchar) as fourth_id
    from two
    where amount = whole_amount
    union all
    select side, whole_id, 3 as members, first_id, second_id, third_id, cast(null as varchar) as fourth_id
    from three
    where amount = whole_amount
    union all
    select side, whole_id, 4 as members, first_id, second_id, third_id, fourth_id
    from four
    union all
    select side, whole_id, members, first_id, last_id as second_id, cast(null as varchar) as third_id, cast(null as varchar) as fourth_id
    from long_sums
),

answers as (
    select
        side,
        whole_id,
        members,
        first_id,
        second_id,
        third_id,
        fourth_id,
        case
            when members > 4 then first_id || ' to ' || second_id || ', ' || plain(members) || ' in a row'
            else first_id || coalesce(', ' || case when members > 2 then second_id end, '')
                || coalesce(', ' || case when members > 3 then third_id end, '')
                || ' and ' || coalesce(fourth_id, third_id, second_id)
        end as members_text,
        row_number() over (partition by side, whole_id order by members, first_id, second_id, third_id, fourth_id) as answer_no
    from sums
),

-- what a whole is the sum of, in one clause
wholes as (
    select
        items.side,
        items.subject_kind,
        items.item_id,
        case
            when items.side = 'ours' then 'the payout of '
            when items.amount < 0 then 'a payment of '
            else 'a receipt of '
        end
        || case run_currencies.minor_digits
            when 0 then plain(abs(items.amount))
            else cast(cast(abs(items.amount) as decimal(38, 2)) as varchar)
        end
        || ' ' || items.currency || ' of ' || iso_day(items.attribute_day) || ' (' || items.item_id || ') is the sum of '
        || max(case when answers.answer_no = 1 then answers.members_text end)
        || coalesce(', or of ' || max(case when answers.answer_no = 2 then answers.members_text end), '')
        || coalesce(', or of ' || max(case when answers.answer_no = 3 then answers.members_text end), '')
        || case when max(answers.answer_no) > 3 then ', or of others' else '' end as told
    from answers
    inner join items
        on items.side = answers.side
        and items.item_id = answers.whole_id
    left join run_currencies
        on run_currencies.currency = items.currency
    group by items.side, items.subject_kind, items.item_id, items.amount, items.currency, items.attribute_day, run_currencies.minor_digits
),

members as (
    select side, whole_id, first_id as item_id
    from sums
    union
    select side, whole_id, second_id as item_id
    from sums
    union
    select side, whole_id, third_id as item_id
    from sums
    where third_id is not null
    union
    select side, whole_id, fourth_id as item_id
    from sums
    where fourth_id is not null
    union
    select
        long_sums.side,
        long_sums.whole_id,
        inside.item_id
    from long_sums
    inner join ranked as firsts
        on firsts.side = long_sums.part_side
        and firsts.entity = long_sums.entity
        and firsts.currency = long_sums.currency
        and firsts.lane = long_sums.lane
        and firsts.item_id = long_sums.first_id
    inner join ranked as inside
        on inside.side = firsts.side
        and inside.entity = firsts.entity
        and inside.currency = firsts.currency
        and inside.lane = firsts.lane
        and inside.place between firsts.place and firsts.place + long_sums.members - 1
),

told_of as (
    select subject_kind, item_id, item_id as whole_id, told
    from wholes
    union all
    select
        items.subject_kind,
        members.item_id,
        wholes.item_id as whole_id,
        wholes.told
    from members
    inner join wholes
        on wholes.side = members.side
        and wholes.item_id = members.whole_id
    inner join items
        on items.side <> members.side
        and items.item_id = members.item_id
),

numbered as (
    select
        subject_kind,
        item_id,
        told,
        row_number() over (partition by subject_kind, item_id order by whole_id, told) as told_no
    from told_of
)

select
    subject_kind,
    item_id as subject_id,
    max(case when told_no = 1 then told end)
    || coalesce('; ' || max(case when told_no = 2 then told end), '')
    || coalesce('; ' || max(case when told_no = 3 then told end), '') as told
from numbered
group by subject_kind, item_id
