-- One row is one reversal of a gift beside the gift that it undoes.
-- grain: event_id
-- The originals were picked out first (led_named_gift): they are as few as the reversals. valued_at is the instant by whose rate and terms the
-- reversal is valued: its gift's, because it takes back exactly what the gift gave, from the agency that got it. A reversal
-- without a gift of the same creator in the history goes by its own. Of earlier months a run that is carried forward has those alone that undo what
-- one of its month undoes too.
with known as (
    select
        event_id, original_event_id, viewer_id, creator_id, entity, gift_id, stream_id, quantity, coins, diamonds, sent_at, accounting_month, batch_id,
        source_line
    from stg_gift_events
    cross join run
    where kind = 'reversal' and accounting_month <= run.period
    union all
    select
        event_id, original_event_id, viewer_id, creator_id, entity, gift_id, stream_id, quantity, coins, diamonds, sent_at, accounting_month, batch_id,
        source_line
    from led_earlier_named_gift
    where kind = 'reversal'
),

reversals as (
    select
        event_id,
        original_event_id,
        viewer_id,
        creator_id,
        entity,
        gift_id,
        stream_id,
        quantity,
        coins,
        diamonds,
        sent_at,
        accounting_month,
        batch_id,
        source_line,
        row_number() over (partition by original_event_id order by accounting_month, sent_at, event_id) as reversal_no
    from known
)

select
    reversals.event_id,
    reversals.original_event_id,
    reversals.viewer_id,
    reversals.creator_id,
    reversals.entity,
    reversals.gift_id,
    reversals.stream_id,
    reversals.quantity,
    reversals.coins,
    reversals.diamonds,
    reversals.sent_at,
    reversals.accounting_month,
    reversals.batch_id,
    reversals.source_line,
    reversals.reversal_no,
    gifts.event_id as gift_event_id,
    gifts.sent_at as gift_sent_at,
    gifts.accounting_month as gift_month,
    gifts.viewer_id as gift_viewer_id,
    gifts.creator_id as gift_creator_id,
    gifts.coins as gift_coins,
    gifts.diamonds as gift_diamonds,
    gifts.capture as gift_capture,
    case
        when gifts.creator_id = reversals.creator_id and gifts.sent_at >= run.first_start then gifts.sent_at
        else reversals.sent_at
    end as valued_at
from reversals
cross join run
left join led_named_gift as gifts
    on gifts.event_id = reversals.original_event_id
