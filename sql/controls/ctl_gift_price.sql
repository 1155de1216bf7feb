-- One row is a gift that cost other coins than the catalogue says.
-- grain: event_id
-- control: gift_price
-- severity: review
-- unit: coins
-- reasons: no_price, price
-- guards: gifts sent below their price, or viewers charged above it
-- question: Did every gift cost what the catalogue says?
-- causes: a price changed late in one system; a gift missing from the catalogue; a discount that nobody entered
-- action: add the missing price, or have the viewers charged or repaid the difference
-- checked: from stg_gift_events
--     cross join run
--     where accounting_month = run.period
--         and kind = 'gift'
--         and not exists (select 1 from led_empty_feed where feed = 'gift_catalog')
-- not_compared: from stg_gift_events
--     cross join run
--     where accounting_month = run.period
--         and kind = 'gift'
--         and exists (select 1 from led_empty_feed where feed = 'gift_catalog')
-- not_compared_reason: no gift catalogue was ever fed
-- Gift coins = the catalogue's price on the day x quantity. For speed, gifts that
-- led_price_suspect finds beyond doubt are not looked at again one by one.
select
    gifts.entity,
    'gift' as subject_kind,
    gifts.event_id as subject_id,
    cast(coalesce(prices.coins * gifts.quantity, 0) as decimal(38, 9)) as expected,
    cast(gifts.coins as decimal(38, 9)) as actual,
    cast(gifts.coins - coalesce(prices.coins * gifts.quantity, 0) as decimal(38, 9)) as difference,
    'coins' as unit,
    case when prices.gift_id is null then 'no_price' else 'price' end as reason,
    case
        when prices.gift_id is null
            then 'Gift ' || gifts.gift_id || ' had no price in the catalogue on ' || iso_instant(gifts.sent_at)
                || '; ' || counted(gifts.coins, 'coin') || ' ' || were(gifts.coins) || ' taken.'
        else plain(gifts.quantity) || ' x ' || prices.name || ' at ' || counted(prices.coins, 'coin') || ' is '
            || plain(prices.coins * gifts.quantity) || '; ' || counted(gifts.coins, 'coin') || ' ' || were(gifts.coins) || ' taken.'
    end as detail,
    gifts.batch_id,
    gifts.source_line
from stg_gift_events as gifts
cross join run
inner join led_price_suspect as doubts
    on doubts.gift_id = gifts.gift_id
    and doubts.quantity = gifts.quantity
    and doubts.coins = gifts.coins
left join stg_gift_catalog as prices
    on prices.gift_id = gifts.gift_id
    and gifts.sent_at >= prices.valid_from
    and gifts.sent_at < prices.valid_until
where gifts.accounting_month = run.period
    and gifts.sent_at >= run.first_start
    and gifts.kind = 'gift'
    and not exists (select 1 from led_empty_feed where feed = 'gift_catalog')
    and (prices.gift_id is null or prices.coins * gifts.quantity <> gifts.coins)
order by gifts.event_id
