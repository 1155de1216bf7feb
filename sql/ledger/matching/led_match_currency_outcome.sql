-- One row is one outcome of a key that one side has in one currency and the other side in another.
-- grain: match, entity, subject_kind, subject_id, own_currency, currency
-- A settlement that the bank received in another currency is told in the bank's: ours is then what the published rate makes of
-- it, the difference is FX, and other_amount in other_currency is what the report paid out. A bank converts at a rate of its own;
-- more than a twentieth off is no rate. An order and a line in two currencies are a break of its own (currency).
with rated as (
    select
        led_match_converted.match,
        led_match_converted.entity,
        led_match_converted.own_currency,
        led_match_converted.their_currency,
        led_match_converted.channel,
        led_match_converted.subject_kind,
        led_match_converted.subject_id,
        led_match_converted.batch_id,
        led_match_converted.source_line,
        led_match_converted.own_amount,
        led_match_converted.their_amount,
        led_match_converted.taken_at,
        half_up_minor(
            cast(cast(led_match_converted.own_amount as decimal(38, 6)) * led_fx_rate.rate as decimal(38, 15)),
            coalesce(run_currencies.minor_digits, 2)
        ) as expected_amount
    from led_match_converted
    left join led_fx_rate
        on led_fx_rate.base = case when led_match_converted.match = 'settlement_bank' then led_match_converted.own_currency end
        and led_fx_rate.quote = led_match_converted.their_currency
        and led_fx_rate.day = led_match_converted.day
    left join run_currencies
        on run_currencies.currency = led_match_converted.their_currency
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
    taken_at,
    batch_id,
    source_line
from rated
where match = 'settlement_bank'
