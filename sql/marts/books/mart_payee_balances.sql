-- One row is what one creator or agency is owed when the period ends, to the last digit, with the days on which it moved.
-- grain: payee_kind, payee_id, entity, currency
-- result: payee_balances
-- order: payee_kind, payee_id, entity, currency
-- What the next month begins with where it is carried forward. Of a creator it is the diamonds, in no currency; of an agency money, without the fractions that
-- payouts gave up, and unrequested is what moved since its last request: the next one gives up the fraction of that. Who moved once stays, at zero too.
with diamonds as (
    select
        creator_id,
        entity,
        cast(sum(closing_diamonds) as bigint) as diamonds
    from led_creator_rollforward
    group by creator_id, entity
),

requested as (
    select
        agency_id,
        entity,
        currency,
        moved,
        row_number() over (partition by agency_id, entity, currency order by place desc) as latest
    from led_agency_payout
),

moves as (
    select agency_id, entity, currency, unrequested as amount
    from led_agency_opening
    union all
    select agency_id, entity, currency, amount
    from led_agency_movement
    where kind <> 'redeemed'
),

moved as (
    select
        agency_id,
        entity,
        currency,
        cast(sum(amount) as decimal(38, 9)) as amount
    from moves
    group by agency_id, entity, currency
),

payees as (
    select
        'creator' as payee_kind,
        led_creator_subject.creator_id as payee_id,
        led_creator_subject.entity,
        cast(null as varchar) as currency,
        coalesce(diamonds.diamonds, 0) as diamonds,
        cast(null as decimal(38, 9)) as amount,
        cast(null as decimal(38, 9)) as unrequested,
        led_creator_activity.first_day,
        led_creator_activity.last_day,
        led_creator_activity.request_day
    from led_creator_subject
    left join diamonds
        on diamonds.creator_id = led_creator_subject.creator_id
        and diamonds.entity = led_creator_subject.entity
    left join led_creator_activity
        on led_creator_activity.creator_id = led_creator_subject.creator_id
        and led_creator_activity.entity = led_creator_subject.entity
    union all
    select
        'agency' as payee_kind,
        rolls.agency_id as payee_id,
        rolls.entity,
        rolls.currency,
        cast(null as bigint) as diamonds,
        rolls.closing_amount as amount,
        cast(coalesce(moved.amount, 0) - coalesce(requested.moved, 0) as decimal(38, 9)) as unrequested,
        led_agency_activity.first_day,
        led_agency_activity.last_day,
        led_agency_activity.request_day
    from led_agency_rollforward as rolls
    left join moved
        on moved.agency_id = rolls.agency_id
        and moved.entity = rolls.entity
        and moved.currency = rolls.currency
    left join requested
        on requested.agency_id = rolls.agency_id
        and requested.entity = rolls.entity
        and requested.currency = rolls.currency
        and requested.latest = 1
    left join led_agency_activity
        on led_agency_activity.agency_id = rolls.agency_id
        and led_agency_activity.entity = rolls.entity
        and led_agency_activity.currency = rolls.currency
)

select
    run.period,
    run.run_id,
    payees.payee_kind,
    payees.payee_id,
    payees.entity,
    payees.currency,
    payees.diamonds,
    payees.amount,
    payees.unrequested,
    payees.first_day,
    payees.last_day,
    payees.request_day
from payees
cross join run
