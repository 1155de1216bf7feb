-- One row is a gift whose diamonds are not its coins at the rate in force.
-- grain: event_id
-- control: gift_conversion
-- severity: block
-- unit: diamonds
-- guards: creators credited too much or too little; a rate applied before or after its time
-- checked: from stg_gift_events cross join run where accounting_month = run.period and kind = 'gift' and capture is null
-- Diamonds = coins x diamonds_per_coin of the winning rate row, rounded once by that row's rounding.
select
    gifts.entity,
    'gift' as subject_kind,
    gifts.event_id as subject_id,
    cast(breaks.expected_diamonds as decimal(38, 9)) as expected,
    cast(gifts.diamonds as decimal(38, 9)) as actual,
    cast(gifts.diamonds - breaks.expected_diamonds as decimal(38, 9)) as difference,
    'diamonds' as unit,
    case when breaks.rate_key is null then 'no_rate' else 'rate' end as reason,
    case
        when breaks.rate_key is null
            then 'No conversion rate is in force for creator ' || gifts.creator_id || ' on ' || iso_instant(gifts.sent_at)
                || '; ' || plain(gifts.diamonds) || ' diamonds were credited.'
        else plain(gifts.coins) || ' coins x ' || plain(breaks.diamonds_per_coin) || ' (rate ' || breaks.rate_key || ', '
            || breaks.rounding || ') is ' || plain(breaks.expected_diamonds) || ' diamonds; ' || plain(gifts.diamonds)
            || ' were credited.'
    end as detail,
    gifts.batch_id,
    gifts.source_line
from stg_gift_events as gifts
inner join led_conversion_break as breaks
    on breaks.coins = gifts.coins
    and breaks.diamonds = gifts.diamonds
inner join led_creator_rate as rates
    on rates.creator_id = gifts.creator_id
    and rates.rate_key is not distinct from breaks.rate_key
cross join run
where gifts.accounting_month = run.period
    and gifts.sent_at >= run.first_start
    and gifts.kind = 'gift'
    and gifts.capture is null
    and least(gifts.sent_at, run.closing_instant) >= rates.range_from
    and least(gifts.sent_at, run.closing_instant) < rates.range_to
order by gifts.event_id
