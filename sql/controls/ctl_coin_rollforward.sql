-- One row is a viewer whose coins don't roll forward to the balance that the system of record states.
-- grain: viewer_id, entity
-- control: coin_rollforward
-- severity: block
-- unit: coins
-- guards: a lost, doubled or misread purchase, gift or refund; a file that never came
-- question: Does every viewer hold the coins that purchases, gifts and adjustments leave them with?
-- causes: a file that never came or came twice; gifts or purchases that one system recorded and the other didn't; a viewer whose id changed; a fed balance taken at another instant
-- action: look at the viewer's rows up to as_of, find the row that one side lacks, have it delivered and run the month again
-- checked: from led_fed_balance where quantity_kind = 'coins'
-- opening + bought + bonus + adjusted - gifted + reversed - refunded - expired = closing, per viewer, and carat's closing
-- is the balance that was fed. Of several fed balances in the month the last one that differs is named.
with differing as (
    select
        entity,
        subject_id,
        as_of,
        fed_quantity,
        own_quantity,
        batch_id,
        source_line,
        row_number() over (partition by entity, subject_id order by as_of desc, batch_id, source_line) as latest
    from led_fed_balance
    where subject_kind = 'viewer' and quantity_kind = 'coins' and fed_quantity <> own_quantity
)

select
    differing.entity,
    'viewer' as subject_kind,
    differing.subject_id,
    differing.own_quantity as expected,
    differing.fed_quantity as actual,
    differing.fed_quantity - differing.own_quantity as difference,
    'coins' as unit,
    'fed_balance' as reason,
    'The system of record says ' || plain(differing.fed_quantity) || ' coins just before ' || iso_instant(differing.as_of)
        || '; the purchases, gifts and adjustments that arrived give ' || plain(differing.own_quantity)
        || '. A row is missing, doubled or wrong.' as detail,
    differing.batch_id,
    differing.source_line
from differing
where differing.latest = 1
order by differing.entity, differing.subject_id
