-- One row is one key that one side has in one currency and the other side in another.
-- grain: match, entity, key_scope, class, match_key, own_currency, their_currency
-- The day is that of the later side: a bank's conversion is held against the rate of the day on which the money came.
select
    match,
    entity,
    own_currency,
    their_currency,
    max(channel) as channel,
    min(case when side = 'ours' then subject_kind end) as subject_kind,
    min(case when side = 'ours' then item_id end) as subject_id,
    min(case when side = 'ours' then batch_id end) as batch_id,
    min(case when side = 'ours' then source_line end) as source_line,
    sum(case when side = 'ours' and currency = own_currency then amount else 0 end) as own_amount,
    sum(case when side = 'theirs' and currency = their_currency then amount else 0 end) as their_amount,
    max(local_day(event_at, run.time_zone)) as day,
    max(taken_at) as taken_at
from led_match_open
cross join run
where rule = 'converted'
group by match, entity, key_scope, class, match_key, own_currency, their_currency
