-- One row is one payout of an agency as it was requested, with the fraction of a minor unit that it gave up.
-- grain: payout_id
-- What is owed has nine decimals, what is paid has none below the minor unit: each request floors the balance that stands before it, and
-- the fraction is given up to rounding. Since a request leaves whole minor units, the fraction is that of what moved since the one
-- before. Gifts count at the end of their day, so a request draws on the days before its own. balance is what stood before, at
-- the day's end what the whole day left, both with the fractions given up so far taken off; moved is all that had moved before it but requests,
-- since carat began, or since the last request before a run that is carried forward began. place counts an agency's rows up to it.
with balances as (
    select
        agency_id,
        entity,
        currency,
        kind,
        day,
        day_part,
        effective_at,
        reference_id,
        step,
        amount,
        case when kind = 'redeemed' then 0 else amount end as moved_amount
    from led_agency_movement
    union all
    select
        agency_id, entity, currency, 'opening', day, -1, cast(null as timestamp with time zone), cast(null as varchar), cast(0 as bigint),
        amount, unrequested
    from led_agency_opening
),

running as (
    select
        agency_id,
        entity,
        currency,
        kind,
        day,
        reference_id,
        -amount as gross_amount,
        row_number() over (
            partition by agency_id, entity, currency
            order by day, day_part, effective_at, case when kind = 'redeemed' then 1 else 0 end, kind, reference_id, step
        ) as place,
        cast(sum(moved_amount) over (
            partition by agency_id, entity, currency
            order by day, day_part, effective_at, case when kind = 'redeemed' then 1 else 0 end, kind, reference_id, step
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as moved,
        cast(sum(amount) over (
            partition by agency_id, entity, currency
            order by day, day_part, effective_at, case when kind = 'redeemed' then 1 else 0 end, kind, reference_id, step
            rows between unbounded preceding and current row
        ) as decimal(38, 9)) as balance_after,
        cast(sum(amount) over (
            partition by agency_id, entity, currency
            order by day
            range between unbounded preceding and current row
        ) as decimal(38, 9)) as balance_of_day
    from balances
),

requests as (
    select
        running.agency_id,
        running.entity,
        running.currency,
        running.day,
        running.place,
        running.reference_id,
        running.gross_amount,
        running.balance_after,
        running.balance_of_day,
        running.moved,
        coalesce(run_currencies.minor_digits, 2) as minor_digits,
        running.moved - coalesce(lag(running.moved) over (
            partition by running.agency_id, running.entity, running.currency order by running.place
        ), 0) as moved_since
    from running
    left join run_currencies
        on run_currencies.currency = running.currency
    where running.kind = 'redeemed'
),

floored as (
    select
        agency_id,
        entity,
        currency,
        day,
        place,
        reference_id,
        gross_amount,
        balance_after,
        balance_of_day,
        moved,
        cast(moved_since - floor_minor(moved_since, minor_digits) as decimal(38, 9)) as rounding
    from requests
)

select
    reference_id as payout_id,
    agency_id,
    entity,
    currency,
    day,
    place,
    moved,
    gross_amount,
    rounding,
    balance_after + gross_amount + rounding - cast(sum(rounding) over (
        partition by agency_id, entity, currency order by place rows between unbounded preceding and current row
    ) as decimal(38, 9)) as balance,
    balance_of_day - cast(sum(rounding) over (
        partition by agency_id, entity, currency order by day range between unbounded preceding and current row
    ) as decimal(38, 9)) as day_end_balance
from floored
