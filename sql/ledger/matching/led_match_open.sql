-- One row is one item that its key doesn't settle, with what it may be matched by instead.
-- grain: match, side, subject_kind, item_id
-- rule: converted (the other side has the same key in another currency), attribute (a line or receipt without a key that is
-- known here, or an order that such a line may stand for), netted (a line of an aggregate). attribute_day is the local day.
with opens as (
    select
        led_match_keyed.match,
        led_match_keyed.side,
        led_match_keyed.entity,
        led_match_keyed.channel,
        led_match_keyed.key_scope,
        led_match_keyed.class,
        led_match_keyed.match_key,
        led_match_keyed.currency,
        led_match_keyed.subject_kind,
        led_match_keyed.item_id,
        led_match_keyed.sku,
        led_match_keyed.country,
        led_match_keyed.amount,
        led_match_keyed.quantity,
        led_match_keyed.booked_fee,
        led_match_keyed.known_fee,
        led_match_keyed.event_at,
        led_match_keyed.due_at,
        led_match_keyed.taken_at,
        led_match_keyed.is_before,
        led_match_keyed.covers_from,
        led_match_keyed.covers_to,
        led_match_keyed.party,
        led_match_keyed.counterparty,
        led_match_keyed.owed_amount,
        led_match_keyed.batch_id,
        led_match_keyed.source_line
    from led_match_keyed
    where led_match_keyed.key_outcome = 'open'
),

-- Only keys of their side are few: ours may be a month's orders that no report shows yet. A key is one row, however many
-- lines name it: a report that writes "n/a" everywhere would else be orders times lines.
their_keys as (
    select distinct match, entity, key_scope, class, match_key, currency
    from opens
    where side = 'theirs' and match_key is not null
),

foreign_keys as (
    select
        theirs.match,
        theirs.entity,
        theirs.key_scope,
        theirs.class,
        theirs.match_key,
        min(ours.currency) as own_currency,
        min(theirs.currency) as their_currency
    from their_keys as theirs
    inner join opens as ours
        on ours.match = theirs.match
        and ours.entity = theirs.entity
        and ours.key_scope = theirs.key_scope
        and ours.class = theirs.class
        and ours.match_key = theirs.match_key
        and ours.side = 'ours'
        and ours.currency <> theirs.currency
    group by theirs.match, theirs.entity, theirs.key_scope, theirs.class, theirs.match_key
),

-- the calendar is asked once for each quarter of an hour, of which there are few
quarters as (
    select distinct quarter_hour(event_at) as quarter
    from opens
),

days as (
    select
        quarters.quarter,
        local_day(quarters.quarter, run.time_zone) as day
    from quarters
    cross join run
)

select
    opens.match,
    opens.side,
    opens.entity,
    opens.channel,
    opens.key_scope,
    opens.class,
    opens.match_key,
    opens.currency,
    opens.subject_kind,
    opens.item_id,
    opens.sku,
    opens.country,
    opens.amount,
    opens.quantity,
    opens.booked_fee,
    opens.known_fee,
    opens.event_at,
    opens.due_at,
    opens.taken_at,
    opens.is_before,
    opens.covers_from,
    opens.covers_to,
    opens.party,
    opens.counterparty,
    opens.owed_amount,
    opens.batch_id,
    opens.source_line,
    days.day as attribute_day,
    foreign_keys.own_currency,
    foreign_keys.their_currency,
    case
        when foreign_keys.match_key is not null then 'converted'
        when opens.covers_to is not null then 'netted'
        else 'attribute'
    end as rule
from opens
left join days
    on days.quarter = quarter_hour(opens.event_at)
left join foreign_keys
    on foreign_keys.match = opens.match
    and foreign_keys.entity = opens.entity
    and foreign_keys.key_scope = opens.key_scope
    and foreign_keys.class = opens.class
    and foreign_keys.match_key = opens.match_key
