-- One row is one outcome of a key that one side has in one currency and the other side in another.
-- grain: match, entity, subject_kind, subject_id, own_currency, currency
-- A settlement that the bank received in another currency is told in the bank's: ours is then what the published rate makes of
-- it, the difference is FX, and other_amount in other_currency is what the report paid out. A bank converts at a rate of its own;
-- more than a twentieth off is no rate. An order and a line in two currencies are a break of its own (currency). The day is that
-- of the later side: a bank's conversion is held against the rate of the day on which the money came.
with converted as (
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
),

rated as (
    select
        converted.match,
        converted.entity,
        converted.own_currency,
        converted.their_currency,
        converted.channel,
        converted.subject_kind,
        converted.subject_id,
        converted.batch_id,
        converted.source_line,
        converted.own_amount,
        converted.their_amount,
        converted.day,
        converted.taken_at,
        half_up_minor(
            cast(cast(converted.own_amount as decimal(38, 6)) * led_fx_rate.rate as decimal(38, 15)),
            coalesce(run_currencies.minor_digits, 2)
        ) as expected_amount
    from converted
    left join led_fx_rate
        on led_fx_rate.base = case when converted.match = 'settlement_bank' then converted.own_currency end
        and led_fx_rate.quote = converted.their_currency
        and led_fx_rate.day = converted.day
    left join run_currencies
        on run_currencies.currency = converted.their_currency
)

select
    match,
    entity,
    channel,
    own_currency as currency,
    'currency' as outcome,
    subject_kind,
    subject_id,
    cast(1 as bigint) as pairs,
    cast(own_amount as decimal(38, 6)) as our_amount,
    cast(0 as decimal(38, 6)) as their_amount,
    cast(null as decimal(38, 6)) as fx_difference,
    their_currency as other_currency,
    cast(null as decimal(38, 6)) as other_amount,
    cast(1 as bigint) as own_items,
    cast(1 as bigint) as their_items,
    day,
    taken_at,
    batch_id,
    source_line
from rated
where match <> 'settlement_bank'
union all
select
    match,
    entity,
    channel,
    their_currency as currency,
    case when abs(their_amount - expected_amount) * 20 > abs(expected_amount) then 'amount' else 'matched' end as outcome,
    subject_kind,
    subject_id,
    cast(1 as bigint) as pairs,
    cast(coalesce(expected_amount, their_amount) as decimal(38, 6)) as our_amount,
    cast(their_amount as decimal(38, 6)) as their_amount,
    cast(their_amount - expected_amount as decimal(38, 6)) as fx_difference,
    own_currency as other_currency,
    cast(own_amount as decimal(38, 6)) as other_amount,
    cast(1 as bigint) as own_items,
    cast(1 as bigint) as their_items,
    day,
    taken_at,
    batch_id,
    source_line
from rated
where match = 'settlement_bank'
