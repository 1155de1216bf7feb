-- One row is a viewer whose coins don't roll forward to the balance that the system of record states.
-- grain: viewer_id, entity, reason
-- control: coin_rollforward
-- severity: block
-- unit: coins
-- reasons: fed_balance, fed_value, fed_store_fee, open_lots
-- guards: a lost, doubled or misread purchase, gift or refund; a file that never came
-- question: Does every viewer hold the coins that purchases, gifts and adjustments leave them with?
-- causes: a file that never came or came twice; gifts or purchases that one system recorded and the other didn't; a viewer whose id changed; a fed balance taken at another instant
-- action: look at the viewer's rows up to as_of, find the row that one side lacks, have it delivered and run the month again
-- checked: from (
--         select rolled.viewer_id
--         from led_viewer_rollforward as rolled
--         where not exists (
--             select 1
--             from ctl_coin_rollforward as named
--             where named.subject_id = rolled.viewer_id
--                 and named.entity = rolled.entity
--         )
--         union all
--         select subject_id
--         from ctl_coin_rollforward
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'coin_rollforward'
-- not_compared_reason: no balance of the system of record was fed for these viewers
-- opening + bought + bonus + adjusted - gifted + reversed - refunded - expired = closing = open lots - debt, per viewer, and
-- carat's closing is the balance that was fed: its coins, what they are worth and their store fee, as far as the balance names them.
-- Coins that differ are named before money, and of several fed balances in the month the last one that differs.
with differing as (
    select
        entity,
        subject_id,
        as_of,
        quantity_kind,
        unit,
        fed_quantity,
        own_quantity,
        batch_id,
        source_line,
        row_number() over (
            partition by entity, subject_id
            order by
                case quantity_kind when 'coins' then 0 when 'amount' then 1 else 2 end, as_of desc, batch_id, source_line
        ) as latest
    from led_fed_balance
    where subject_kind = 'viewer' and fed_quantity <> own_quantity
),

lots as (
    select
        led_viewer_rollforward.entity,
        led_viewer_rollforward.viewer_id,
        greatest(led_viewer_rollforward.closing, 0) as closing_coins,
        coalesce(led_viewer_value.closing_coins, 0) as lot_coins
    from led_viewer_rollforward
    left join led_viewer_value
        on led_viewer_value.viewer_no = led_viewer_rollforward.viewer_no
)

select
    entity,
    'viewer' as subject_kind,
    subject_id,
    own_quantity as expected,
    fed_quantity as actual,
    fed_quantity - own_quantity as difference,
    unit,
    case quantity_kind when 'coins' then 'fed_balance' when 'amount' then 'fed_value' else 'fed_store_fee' end as reason,
    case quantity_kind
        when 'coins' then 'The system of record says ' || counted(fed_quantity, 'coin') || ' just before ' || iso_instant(as_of)
            || '; the purchases, gifts and adjustments that arrived give ' || plain(own_quantity) || case
                when as_of < days_after(run.first_start, 1)
                    then '. If it is an opening, it has to be as of ' || iso_instant(run.first_start) || ', when the first month begins.'
                else '. A row is missing, doubled or wrong.'
            end
        when 'amount' then 'The system of record values the coins at ' || with_unit(fed_quantity, unit) || ' just before '
            || iso_instant(as_of) || '; their open lots carry ' || with_unit(own_quantity, unit)
            || '. The coins agree: an amount or a tax differs.'
        else 'The system of record defers store fees of ' || with_unit(fed_quantity, unit) || ' just before '
            || iso_instant(as_of) || '; the open lots carry ' || with_unit(own_quantity, unit) || '. The coins agree: a store fee differs.'
    end as detail,
    batch_id,
    source_line
from differing
cross join run
where latest = 1
union all
select
    entity,
    'viewer' as subject_kind,
    viewer_id as subject_id,
    cast(closing_coins as decimal(38, 9)) as expected,
    cast(lot_coins as decimal(38, 9)) as actual,
    cast(lot_coins - closing_coins as decimal(38, 9)) as difference,
    'coins' as unit,
    'open_lots' as reason,
    'Opening and movements leave ' || counted(closing_coins, 'coin') || ', the open lots hold ' || plain(lot_coins) || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from lots
where lot_coins <> closing_coins
order by entity, subject_id, reason
